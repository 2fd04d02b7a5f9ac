"""How two data sets differ, in words; what was computed once is kept."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from mimawari.datasets.differences import Cause, Change, Difference, counts
from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.service.catalogue.models import DataSetErasure
from mimawari.service.console.models.data_set_words import cause_text, change_text, value_text
from mimawari.service.console.topic_titles import titles_in_force
from mimawari.service.data_sets.reading import by_version, changes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Rows that are shown, and comparisons that a process keeps.
MOST_ROWS, MOST_KEPT = 50, 64
ERASED = "erased"


class Compared(msgspec.Struct, frozen=True):
    """What is kept of a comparison."""

    count: int
    counts: dict[tuple[str, Change, Cause], int]
    first: tuple[Difference, ...]


class CountRow(msgspec.Struct, frozen=True):
    """How many labels differ for a reason."""

    topic: str
    change: str
    why: str
    count: int


class ChangeRow(msgspec.Struct, frozen=True, kw_only=True):
    """A label that differs."""

    listing: str
    version: int
    topic: str
    change: str
    why: str
    before: str
    after: str


class DifferencePage(msgspec.Struct, frozen=True, kw_only=True):
    """How a version differs from another; the first rows of it."""

    before: str
    count: int
    counts: list[CountRow]
    rows: list[ChangeRow]


def difference_page(before: str, after: str) -> DifferencePage:
    """Compare two versions.

    Raises
    ------
    InvalidInputError
        The rows of one were removed, or are damaged.
    """
    if DataSetErasure.objects.filter(pk__in=(before, after)).exists():
        remedy = "make it again"
        raise InvalidInputError(FieldProblem(ERASED, "the rows of one were removed", remedy))
    compared, names = _compared(before, after), titles_in_force()
    return DifferencePage(
        before=before,
        count=compared.count,
        counts=[
            CountRow(names.get(topic, topic), change_text(change), cause_text(why), count)
            for (topic, change, why), count in compared.counts.items()
        ],
        rows=_rows(compared.first, names),
    )


@lru_cache(MOST_KEPT)
def _compared(before: str, after: str) -> Compared:
    """Read both, and see that they are unchanged.

    Versions never change, and an erasure takes all rows of each that has the seller, so what was
    computed stands as long as neither was erased.
    """
    changed = changes(by_version(before), by_version(after))
    return Compared(len(changed), counts(changed), tuple(changed[:MOST_ROWS]))


def _rows(first: Sequence[Difference], names: Mapping[str, str]) -> list[ChangeRow]:
    return [
        ChangeRow(
            listing=row.listing,
            version=row.version,
            topic=names.get(row.topic, row.topic),
            change=change_text(row.change),
            why=cause_text(row.why),
            before=value_text(row.before),
            after=value_text(row.after),
        )
        for row in first
    ]
