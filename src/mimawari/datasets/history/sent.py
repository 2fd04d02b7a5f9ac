"""What sellers sent on a day, in the order of arrival: the one file that an erasure rewrites."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import msgspec

from mimawari.datasets.history.files import open_file, read_where
from mimawari.datasets.history.rows import SentVersion

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from pathlib import Path

    import pyarrow as pa

_AS_JSON: dict[str, object] = {"ended": None, "pictures": ()}
"""Columns, and what is read where they have nothing."""


@cache
def sent_schema() -> pa.Schema:
    """Give the columns of the file."""
    import pyarrow as pa

    types: tuple[pa.DataType, ...] = (
        pa.int64(),
        pa.string(),
        pa.int64(),
        pa.string(),
        pa.timestamp("us", "UTC"),
        pa.string(),
        pa.list_(pa.string()),
        pa.string(),
        pa.string(),
        pa.string(),
        pa.bool_(),
    )
    return pa.schema(list(zip(SentVersion.__struct_fields__, types, strict=True)))


def sent_table(rows: Sequence[SentVersion]) -> pa.Table:
    """Write rows as a table; endings and pictures are JSON in it."""
    import pyarrow as pa

    columns = {name: [getattr(row, name) for row in rows] for name in sent_schema().names}
    for name in _AS_JSON:
        columns[name] = [v and msgspec.json.encode(v).decode() for v in columns[name]]
        columns[name] = [v or None for v in columns[name]]
    return pa.table(columns, schema=sent_schema())


def sent_rows(table: pa.Table) -> list[SentVersion]:
    """Read the rows of a table."""
    rows = table.to_pylist()
    for row in rows:
        for name, empty in _AS_JSON.items():
            row[name] = empty if row[name] is None else msgspec.json.decode(row[name])
    return msgspec.convert(rows, list[SentVersion])


def has_seller(path: Path, seller_id: str) -> bool:
    """Whether a file has a version of a seller."""
    return len(read_where(path, "seller_id", seller_id, seller_id, ("number",))) > 0


def erase(
    path: Path,
    new: Path,
    column: str,
    values: Collection[str] | Collection[int],
    blank: Callable[[SentVersion], SentVersion],
) -> list[SentVersion]:
    """Write a file anew without what was sent as some versions; gives these as they were.

    Parameters
    ----------
    column, values
        Which versions: ``seller_id`` and sellers, or ``number`` and numbers.
    blank
        Gives what is left of a version.
    """
    import pyarrow.parquet as pq

    taken: list[SentVersion] = []
    with (
        open_file(path) as file,
        pq.ParquetWriter(new, sent_schema(), compression="zstd") as writer,
    ):
        for group in range(file.num_row_groups):
            table = file.read_row_group(group)
            if not set(values).isdisjoint(table[column].to_pylist()):
                rows = sent_rows(table)
                mine = [row for row in rows if getattr(row, column) in values]
                taken += mine
                table = sent_table([blank(r) if getattr(r, column) in values else r for r in rows])
            writer.write_table(table)
    return taken
