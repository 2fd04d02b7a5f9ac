"""Rows too many for an event each: one event for a batch, with the hash over all of them.

The hash is made where the rows are written, in their transaction: there no row can be missed,
none is read a second time, and nothing has to find out which transactions are still under way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.apps import apps

from mimawari.ledger.leaves import batch_commitment, new_salt, row_commitments
from mimawari.service.audit.event_kinds import LEDGER, ROWS, Rows
from mimawari.service.audit.models import Batch
from mimawari.service.audit.record import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from django.db.models import Model

Row = tuple[int, *tuple[object, ...]]
_encode = msgspec.msgpack.Encoder(order="deterministic").encode


class BulkTable(msgspec.Struct, frozen=True):
    """A table whose rows enter the ledger by batches.

    Parameters
    ----------
    name
        Such as ``scoring.Score``.
    key
        The column of its numeric primary key.
    columns
        Those that never change once a row is written.
    """

    name: str
    key: str
    columns: tuple[str, ...]

    @property
    def model(self) -> type[Model]:
        """The table's model."""
        return apps.get_model(self.name)


if TYPE_CHECKING:
    Elsewhere = Callable[[BulkTable, Sequence[int]], Mapping[int, Row]]
    """Gives rows that left their table, by ascending numbers."""

_TABLES: dict[str, BulkTable] = {}
_ELSEWHERE: list[Elsewhere] = []


def register(name: str, key: str, columns: Sequence[str]) -> BulkTable:
    """Declare a table."""
    return _TABLES.setdefault(name, BulkTable(name, key, tuple(columns)))


def tables() -> list[BulkTable]:
    """Give every table that is declared."""
    return list(_TABLES.values())


def kept_elsewhere(read: Elsewhere) -> None:
    """Declare where rows are read that are not in their table any more."""
    if read not in _ELSEWHERE:
        _ELSEWHERE.append(read)


def commit(table: BulkTable, rows: Iterable[Row]) -> None:
    """Commit to rows that were just inserted, within the same transaction.

    Parameters
    ----------
    rows
        Of each the key, then the table's columns in their order, as they will be read again.
    """
    values = sorted(rows, key=lambda row: row[0])
    if not values:
        return
    secret = new_salt()
    root = batch_commitment(row_commitments(secret, encoded(values)))
    ids = stretches([row[0] for row in values])
    event = record(ROWS, table.name, LEDGER, Rows(table.name, ids, root.hex()))
    batch = Batch(event=event, table=table.name, first=ids[0][0], last=ids[-1][1], secret=secret)
    batch.save(force_insert=True)


def encoded(values: Iterable[Row]) -> Iterator[tuple[bytes, bytes]]:
    """Give the key and the content of rows, the key first in each, as they are committed to."""
    for row in values:
        yield str(row[0]).encode(), _encode(row)


def stored(table: BulkTable, ids: Sequence[tuple[int, int]]) -> dict[int, tuple[bytes, bytes]]:
    """Read rows again, wherever they are kept; gives key and content by number.

    What the table itself holds goes before what is kept elsewhere.
    """
    wanted = list(numbers(ids))
    rows = table.model._default_manager.filter(pk__in=wanted)
    values = list(rows.order_by("pk").values_list(table.key, *table.columns))
    there = {row[0] for row in values}
    if missing := [number for number in wanted if number not in there]:
        for read in _ELSEWHERE:
            values += read(table, missing).values()
    return {row[0]: pair for row, pair in zip(values, encoded(values), strict=True)}


def stretches(numbers: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """Write ascending numbers as the first and last of each run.

    Examples
    --------
    >>> stretches([3, 4, 5, 9])
    ((3, 5), (9, 9))
    """
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return tuple(runs)


def numbers(ids: Iterable[tuple[int, int]]) -> Iterator[int]:
    """Give the numbers of runs, one by one.

    Examples
    --------
    >>> list(numbers([(3, 5), (9, 9)]))
    [3, 4, 5, 9]
    """
    for first, last in ids:
        yield from range(first, last + 1)
