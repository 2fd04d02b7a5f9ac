"""What the ledger is told of closed days; rows of batches that moved are read from their files."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

import msgspec

from mimawari.records.event import register
from mimawari.records.principal import Principal
from mimawari.service.audit.bulk import kept_elsewhere
from mimawari.service.audit.rows import compare_rows
from mimawari.service.history.models import ClosedDay
from mimawari.service.history.moved import moved_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

KEEPER = Principal("system", "history", "history")


class DayDetails(msgspec.Struct, frozen=True):
    """An edition of a closed day: why it is there, and the SHA-256 of its files."""

    day: date
    edition: int
    cause: str
    versions: int
    bytes: int
    scores: str
    sent: str
    totals: str
    listings: str
    first_number: int
    last_number: int
    first_received: datetime
    last_received: datetime
    at: datetime
    actor: str


class Moved(msgspec.Struct, frozen=True):
    """Versions of a closed day whose rows left the database, or came back to it."""

    day: date
    versions: int


DAY = register("closed_day", DayDetails, "history.ClosedDay")
MOVED = register("moved_day", Moved)
BROUGHT_BACK = register("brought_back", Moved)


def day_details(row: ClosedDay) -> DayDetails:
    """Say what the event of an edition says."""
    return DayDetails(*(getattr(row, name) for name in DayDetails.__struct_fields__))


def _days() -> Iterator[tuple[str, DayDetails]]:
    for row in ClosedDay.objects.order_by("pk").iterator():
        yield str(row.pk), day_details(row)


compare_rows("history.ClosedDay", _days)
kept_elsewhere(moved_rows)
