"""What the ledger is told of trials."""

from __future__ import annotations

import msgspec

from mimawari.records.event import register
from mimawari.records.json import JsonObject


class TrialDetails(msgspec.Struct, frozen=True):
    """A trial, and what was said of it."""

    trial: int
    kind: str
    topic: str
    champion: str
    candidate: str
    statement: JsonObject


KINDS = {
    kind: register(f"trial_{kind}", TrialDetails)
    for kind in (
        "started",
        "used_again",
        "ended",
        "finished",
        "labels_changed",
        "moderators_flagged",
    )
}
