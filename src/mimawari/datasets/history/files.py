"""Read files of a day: of a file that is sorted only the groups of rows that can hold an answer."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    import pyarrow as pa
    import pyarrow.parquet as pq

    Value = str | int | datetime

REMEDY = "restore the file from a back-up of the artifact store"


def sha256_of(path: Path) -> str:
    """Hash a file.

    Raises
    ------
    InvalidInputError
        It cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise refuse(path, error) from error


@contextmanager
def open_file(path: Path) -> Iterator[pq.ParquetFile]:
    """Open a Parquet file.

    Raises
    ------
    InvalidInputError
        It is missing or damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            yield file
    except (OSError, pa.ArrowException) as error:
        raise refuse(path, error) from error


def read_where(
    path: Path,
    column: str,
    lowest: Value,
    highest: Value,
    columns: Sequence[str] | None = None,
) -> pa.Table:
    """Read the rows whose value of a column lies in a span, its ends included.

    Parameters
    ----------
    columns
        Of the answer; all by default.

    Raises
    ------
    InvalidInputError
        The file is missing or damaged.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    with open_file(path) as file:
        names = list(columns or file.schema_arrow.names)
        place = file.schema_arrow.names.index(column)
        parts = []
        for group in range(file.num_row_groups):
            if not may_hold(file, group, place, lowest, highest):
                continue
            values = file.read_row_group(group, columns=[column])[column]
            from_lowest = pc.greater_equal(values, pa.scalar(lowest, values.type))
            hits = pc.and_(from_lowest, pc.less_equal(values, pa.scalar(highest, values.type)))
            at = pc.indices_nonzero(hits)
            if len(at) == len(values):
                parts.append(file.read_row_group(group, columns=names))
            elif len(at):
                parts.append(file.read_row_group(group, columns=names).take(at))
        if not parts:
            return file.schema_arrow.empty_table().select(names)
        return pa.concat_tables(parts).select(names)


def read_among(path: Path, column: str, values: Sequence[int]) -> pa.Table:
    """Read the rows whose number in a column is one of some, which ascend.

    Raises
    ------
    InvalidInputError
        The file is missing or damaged.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    wanted = pa.array(values, pa.int64())
    with open_file(path) as file:
        place = file.schema_arrow.names.index(column)
        parts = [file.schema_arrow.empty_table()]
        for group in range(file.num_row_groups):
            if may_hold(file, group, place, values[0], values[-1]):
                known = file.read_row_group(group, columns=[column])[column]
                at = pc.indices_nonzero(pc.is_in(known, wanted))
                if len(at):
                    parts.append(file.read_row_group(group).take(at))
    return pa.concat_tables(parts)


def may_hold(file: pq.ParquetFile, group: int, place: int, lowest: Value, highest: Value) -> bool:
    """Whether a group of rows can have a value in a span, in the column at a place."""
    known = file.metadata.row_group(group).column(place).statistics
    if known is None or not known.has_min_max:
        return True
    least: Any = known.min
    most: Any = known.max
    return bool(least <= highest and lowest <= most)


def refuse(path: Path, error: Exception) -> InvalidInputError:
    """Say that a file of a day cannot be read."""
    name = f"{path.parent.name}/{path.name}"
    return InvalidInputError(FieldProblem(name, f"cannot be read ({error})", REMEDY))
