"""Scores enter the ledger by batches; rescans by an event each when they begin and end."""

from __future__ import annotations

import msgspec

from mimawari.records.event import register as register_event
from mimawari.service.audit.bulk import register

SCORES = register(
    "scoring.Score",
    "listing_version_id",
    (
        "generation_id",
        "day",
        "scored_at",
        "scores",
        "rule_scores",
        "model_scores",
        "refined",
        "in_canary",
        "rule_hits",
        "picture_text",
    ),
)


class RescanDetails(msgspec.Struct, frozen=True):
    """Live listings of a topic that are scored again, and how many may be put before moderators."""

    topic: str
    generation: int
    listings: int
    least: float
    most: int
    share: float


class RescanEnd(msgspec.Struct, frozen=True):
    """What a rescan came to; ``stopped`` is one that somebody ended."""

    topic: str
    scored: int
    found: int
    opened: int
    stopped: bool


RESCAN = register_event("rescan", RescanDetails)
RESCAN_ENDED = register_event("rescan_ended", RescanEnd)
