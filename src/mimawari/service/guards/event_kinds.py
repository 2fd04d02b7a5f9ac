"""What the ledger is told of guards."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from mimawari.records.event import register
from mimawari.service.audit.rows import compare_rows
from mimawari.service.catalogue.event_kinds import json_hash
from mimawari.service.guards.models import Guard, GuardBreach

if TYPE_CHECKING:
    from collections.abc import Iterator


class GuardDetails(msgspec.Struct, frozen=True):
    """Which model is watched from when on; ``limits`` is the SHA-256 of limits and reference."""

    topic: str
    model: str
    slot: str
    generation: int
    at: datetime
    gates: str
    limits: str


class GuardBreachDetails(msgspec.Struct, frozen=True):
    """What was beyond its limit; ``counts`` is the SHA-256 of what was counted."""

    guard: int
    at: datetime
    what: str
    share: float
    limit: float
    counts: str


GUARD = register("guard_began", GuardDetails, "guards.Guard")
BREACH = register("guard_breached", GuardBreachDetails, "guards.GuardBreach")


def guard_details(row: Guard) -> GuardDetails:
    """Say what the event of a guard says."""
    limits = json_hash([msgspec.to_builtins(row.limits), msgspec.to_builtins(row.reference)])
    return GuardDetails(
        row.topic, row.model, row.slot, row.generation_id, row.at, row.gates, limits
    )


def breach_details(row: GuardBreach) -> GuardBreachDetails:
    """Say what the event of a breach says."""
    counts = json_hash(msgspec.to_builtins(row.counts))
    return GuardBreachDetails(row.guard_id, row.at, row.what, row.share, row.limit, counts)


def _guards() -> Iterator[tuple[str, GuardDetails]]:
    for row in Guard.objects.order_by("pk").iterator():
        yield str(row.pk), guard_details(row)


def _breaches() -> Iterator[tuple[str, GuardBreachDetails]]:
    for row in GuardBreach.objects.order_by("pk").iterator():
        yield str(row.pk), breach_details(row)


compare_rows("guards.Guard", _guards)
compare_rows("guards.GuardBreach", _breaches)
