"""The ledger's events in the order of their places, which nobody who reads on can miss.

Numbers are given when a row is written, and a lower one may be committed later. Places are given
by one sealer at a time, to what is committed, and become visible together: once an event at a
place is seen, every lower place is there already. So a reader remembers a place, never a number.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

import msgspec

from mimawari.ledger import notes
from mimawari.ledger.checkpoint import Checkpoint as Head
from mimawari.records.event import decode_body
from mimawari.service.audit import storage
from mimawari.service.audit.keys import signing_key
from mimawari.service.audit.models import Checkpoint, Event

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

logger = logging.getLogger(__name__)
Details = TypeVar("Details", bound=msgspec.Struct)
# An event is stamped when it is written, and sealed after its transaction ended.
LONGEST_TRANSACTION = timedelta(minutes=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class SealedEvent(msgspec.Struct, frozen=True):
    """An event with its place; one whose body was erased is not among them."""

    sequence: int
    id: int
    at: datetime
    kind: str
    subject: str
    details: msgspec.Raw


def sealed_size() -> int:
    """Give how many events have a place."""
    return Checkpoint.objects.order_by("-size").values_list("size", flat=True).first() or 0


def environment() -> str:
    """Name this installation, as its ledger does: staging's is not production's."""
    note = storage.newest_note()
    return Head.parse(notes.text_of(note)).origin if note else signing_key().name


def between(
    first: int, end: int, kinds: Collection[str], most: int
) -> list[tuple[int, SealedEvent | None]]:
    """Give events of some kinds from a place up to another, each beside its place."""
    rows = Event.objects.filter(sequence__gte=first, sequence__lt=end, kind__in=kinds)
    return list(_sealed(rows.order_by("sequence")[:most].iterator(chunk_size=2_000)))


def at_places(places: Collection[int]) -> list[SealedEvent]:
    """Give the events at some places."""
    rows = _sealed(Event.objects.filter(sequence__in=places).iterator(chunk_size=2_000))
    return [event for _, event in rows if event is not None]


def _sealed(rows: Iterator[Event]) -> Iterator[tuple[int, SealedEvent | None]]:
    for row in rows:
        assert row.sequence is not None
        if row.body is None:
            yield row.sequence, None
            continue
        at = EPOCH + timedelta(microseconds=row.at)
        try:
            details = decode_body(row.body).details
        except msgspec.DecodeError as error:
            _passed_over(row.sequence, error)
            yield row.sequence, None
            continue
        yield row.sequence, SealedEvent(row.sequence, row.pk, at, row.kind, row.subject, details)


def readable(
    events: Iterable[SealedEvent], kind: type[Details]
) -> Iterator[tuple[SealedEvent, Details]]:
    """Read the details of events whose subject is a number.

    An event that somebody altered by hand is passed over, and said in the log: it must not keep
    back all that come after it. `mimawari audit verify` finds it.
    """
    for event in events:
        try:
            int(event.subject)
            details = msgspec.json.decode(event.details, type=kind)
        except (msgspec.DecodeError, ValueError) as error:
            _passed_over(event.sequence, error)
            continue
        yield event, details


def _passed_over(sequence: int, error: Exception) -> None:
    logger.error(
        "the event at place %d is none that was written (%s): it is not told; see "
        "`mimawari audit verify`",
        sequence,
        error,
    )


def place_at(since: datetime) -> int:
    """Give a place before which nothing happened since a time, and not much before it.

    Places nearly follow the times, so this halves its way; a minute is for transactions that
    took long.
    """
    wanted = (since - LONGEST_TRANSACTION - EPOCH) // timedelta(microseconds=1)
    low, high = 0, sealed_size()
    while low < high:
        middle = (low + high) // 2
        if Event.objects.values_list("at", flat=True).get(sequence=middle) < wanted:
            low = middle + 1
        else:
            high = middle
    return low
