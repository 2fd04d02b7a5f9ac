"""What sellers sent on a day, in the order of arrival: the one file that an erasure rewrites."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import msgspec

from mimawari.datasets.history.files import open_file, read_where
from mimawari.datasets.history.rows import SentVersion

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import pyarrow as pa


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
        pa.bool_(),
    )
    return pa.schema(list(zip(SentVersion.__struct_fields__, types, strict=True)))


def sent_table(rows: Sequence[SentVersion]) -> pa.Table:
    """Write rows as a table; an ending is JSON in it."""
    import pyarrow as pa

    columns = {name: [getattr(row, name) for row in rows] for name in sent_schema().names}
    columns["ended"] = [row.ended and msgspec.json.encode(row.ended).decode() for row in rows]
    return pa.table(columns, schema=sent_schema())


def sent_rows(table: pa.Table) -> list[SentVersion]:
    """Read the rows of a table."""
    rows = table.to_pylist()
    for row in rows:
        row["ended"] = row["ended"] and msgspec.json.decode(row["ended"])
    return msgspec.convert(rows, list[SentVersion])


def has_seller(path: Path, seller_id: str) -> bool:
    """Whether a file has a version of a seller."""
    return len(read_where(path, "seller_id", seller_id, seller_id, ("number",))) > 0


def erase_seller(
    path: Path, new: Path, seller_id: str, blank: Callable[[SentVersion], SentVersion]
) -> list[int]:
    """Write a file anew without what a seller sent; gives the numbers of these versions.

    Parameters
    ----------
    blank
        Gives what is left of a version.
    """
    import pyarrow.parquet as pq

    numbers: list[int] = []
    with (
        open_file(path) as file,
        pq.ParquetWriter(new, sent_schema(), compression="zstd") as writer,
    ):
        for group in range(file.num_row_groups):
            table = file.read_row_group(group)
            if seller_id in table["seller_id"].to_pylist():
                rows = sent_rows(table)
                mine = [row for row in rows if row.seller_id == seller_id]
                numbers += [row.number for row in mine]
                table = sent_table([blank(r) if r.seller_id == seller_id else r for r in rows])
            writer.write_table(table)
    return numbers
