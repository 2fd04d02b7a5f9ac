"""Verify batches of rows: each row against its commitment, all rows of a table against batches."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from mimawari.ledger.leaves import batch_commitment, commitment
from mimawari.records.event import decode_body
from mimawari.service.audit import bulk
from mimawari.service.audit.event_kinds import ROWS, Rows
from mimawari.service.audit.marks import COMMITMENT, SALT, marks_of
from mimawari.service.audit.models import Batch
from mimawari.service.audit.removals import Removals, Runs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mimawari.service.audit.bulk import BulkTable

    Problem = tuple[str, str]


class Gone(NamedTuple):
    """Rows of a table that lack content, or are not there, with the ledger's knowledge."""

    erased: set[int]
    removed: Runs


class BatchCheck:
    """The batches that events tell of, gathered while these are read, then compared with rows."""

    def __init__(self) -> None:
        self.count = self.removed = 0
        self._batches: dict[int, Rows] = {}
        self._problems: list[Problem] = []

    def add(self, number: int, kind: str, _subject: str, body: str | None) -> None:
        """Take in an event."""
        if kind != ROWS.name or body is None:
            return
        try:
            self._batches[number] = msgspec.json.decode(decode_body(body).details, type=Rows)
        except msgspec.DecodeError:
            self._problems.append((f"event {number}", "does not tell which rows it is about"))

    def check(self, erased: dict[str, set[int]], removals: Removals) -> Iterator[Problem]:
        """Give what does not fit.

        Parameters
        ----------
        erased
            By table, the rows whose content was erased with the ledger's knowledge.
        removals
            Those that retention removed with it.
        """
        yield from self._problems
        known = Batch.objects.in_bulk()
        for number in sorted(known.keys() - self._batches.keys()):
            yield f"batch {number}", "has no event: it was inserted past the service"
        for table in bulk.tables():
            mine = {n: r for n, r in sorted(self._batches.items()) if r.table == table.name}
            gone = Gone(erased.get(table.name, set()), removals.of(table.name))
            self.removed += len(gone.removed)
            for number, rows in mine.items():
                self.count += sum(last - first + 1 for first, last in rows.ids)
                if not all(gone.removed.hold(*run) for run in rows.ids):
                    yield from self._batch(table, number, rows, known.get(number), gone)
            yield from _misplaced(table, list(mine.values()), gone.removed)
        self.count -= self.removed

    def _batch(
        self, table: BulkTable, number: int, rows: Rows, batch: Batch | None, gone: Gone
    ) -> Iterator[Problem]:
        name = f"batch {number} of {table.name}"
        ids = list(bulk.numbers(rows.ids))
        ends = (table.name, rows.ids[0][0], rows.ids[-1][1])
        if batch is None or (batch.table, batch.first, batch.last) != ends:
            yield name, "its salts are gone or name other rows: they were changed"
            return
        marks = marks_of(batch, ids)
        if len(marks) != len(ids):
            yield name, "its salts are not those of its rows: they were changed"
            return
        content = bulk.stored(table, rows.ids)
        made: list[bytes] = []
        problems: list[Problem] = []
        for key, (kind, value) in zip(ids, marks, strict=True):
            if kind != SALT:
                made.append(value)
                if key not in (gone.erased if kind == COMMITMENT else gone.removed):
                    what = (
                        "erased, but no erasure" if kind == COMMITMENT else "removed, but no event"
                    )
                    problems.append((f"{table.name} {key}", f"was {what} tells of it"))
            elif key in content:
                made.append(commitment(value, content[key][1]))
            else:
                made.append(b"")
                problems.append((f"{table.name} {key}", "is gone, but its batch is there: deleted"))
        yield from problems
        if not problems and batch_commitment(made).hex() != rows.root:
            yield name, f"a row of {_span(rows.ids)} is not as it was committed to: it was changed"


def _misplaced(table: BulkTable, batches: Sequence[Rows], removed: Runs) -> Iterator[Problem]:
    """Give rows that no batch holds or more than one does, and those of a removal that are wrong.

    What retention removed has to be in a batch, and may not be there any more.
    """
    runs = sorted(run for rows in batches for run in rows.ids)
    for (_, last), (first, _) in pairwise(runs):
        if first <= last:
            yield f"{table.name} {first}", "is in two batches"
    committed = Runs(runs)
    for first, last in removed:
        if not committed.hold(first, last):
            yield f"{table.name} {first} to {last}", "were removed, but are not all in a batch"
    keys = table.model._default_manager.order_by("pk").values_list("pk", flat=True)
    place = 0
    for key in keys.iterator(chunk_size=10_000):
        while place < len(runs) and runs[place][1] < key:
            place += 1
        if place == len(runs) or key < runs[place][0]:
            yield f"{table.name} {key}", "is in no batch: it was inserted past the service"
        elif key in removed:
            yield (
                f"{table.name} {key}",
                "was removed and is there: it was inserted past the service",
            )


def _span(ids: Sequence[tuple[int, int]]) -> str:
    return f"{ids[0][0]} to {ids[-1][1]}"
