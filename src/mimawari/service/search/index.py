"""What an index of listing versions can do; each engine has its own, and all find the same."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Protocol

import msgspec
from django.db.models import Max, Min

from mimawari.service.search.models import DayRange
from mimawari.service.search.words import Term

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

EXACT_TO = 1_000
"""Up to so many, matches are counted; of more it is said that there are more."""
NEWEST = 2**63 - 1
"""Greater than every number."""


class Entry(msgspec.Struct, frozen=True):
    """A listing version as it is indexed: its canonical text, and all tokens but those of it."""

    id: int
    day: date
    folded: str
    facets: frozenset[str]


class Wanted(msgspec.Struct, frozen=True):
    """What a document must have, as an index understands it.

    Parameters
    ----------
    terms
        Tokens, all of them.
    any_of
        Of each group at least one token; nothing matches an empty group.
    parts
        What its canonical text contains.
    first_day, last_day
        Days between which it came, both included.
    settled
        Whether no moderator may have yet to decide on it.
    """

    terms: tuple[Term, ...] = ()
    any_of: tuple[tuple[str, ...], ...] = ()
    parts: tuple[str, ...] = ()
    first_day: date | None = None
    last_day: date | None = None
    settled: bool = False


class Hits(msgspec.Struct, frozen=True):
    """Numbers of documents, newest first.

    Parameters
    ----------
    count
        How many there are, ``EXACT_TO + 1`` where there are more than `EXACT_TO`; counted with the
        first page, None with those that follow.
    """

    ids: list[int]
    count: int | None


class Span(msgspec.Struct, frozen=True):
    """Numbers between which documents are looked for, both included."""

    low: int
    high: int

    @classmethod
    def of(cls, wanted: Wanted, before: int) -> Span:
        """Narrow all numbers to those below one, and to the days that are wanted."""
        days = DayRange.objects.all()
        if wanted.first_day is not None:
            days = days.filter(day__gte=wanted.first_day)
        if wanted.last_day is not None:
            days = days.filter(day__lte=wanted.last_day)
        ends = days.aggregate(low=Min("first"), high=Max("last"))
        if ends["low"] is None:
            return cls(1, 0)
        return cls(ends["low"], min(ends["high"], before - 1))


class Index(Protocol):
    """An index of listing versions, in the database that holds them."""

    def put(self, entries: Sequence[Entry]) -> None:
        """Take documents in, in the place of what is known of them."""
        ...

    def remove(self, ids: Collection[int]) -> None:
        """Take documents out."""
        ...

    def clear(self) -> None:
        """Take all documents out."""
        ...

    def tidy(self) -> bool:
        """Overwrite a little of what was taken out; gives whether anything is left to do."""
        ...

    def find(self, wanted: Wanted, most: int, before: int = NEWEST) -> Hits:
        """Find the newest documents with numbers below one, at most so many."""
        ...


def note_days(entries: Sequence[Entry]) -> None:
    """Widen the ranges of days to documents that are taken in."""
    ends: dict[date, tuple[int, int]] = {}
    for entry in entries:
        low, high = ends.get(entry.day, (entry.id, entry.id))
        ends[entry.day] = min(low, entry.id), max(high, entry.id)
    known = DayRange.objects.in_bulk(list(ends))
    rows = [
        DayRange(
            day=day,
            first=min(low, known[day].first) if day in known else low,
            last=max(high, known[day].last) if day in known else high,
        )
        for day, (low, high) in sorted(ends.items())
    ]
    DayRange.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["day"], update_fields=["first", "last"]
    )
