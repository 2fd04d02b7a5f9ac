"""Files of rows whose columns are not those of listings alone: fields, or what is wrong."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.listings.readers.lines import MOST_LINE, NOT_UTF8, TOO_LONG, lines
from mimawari.listings.readers.read import (
    PARQUET_ROWS,
    bounded_records,
    format_of,
    object_in,
    opened,
    shown,
)
from mimawari.listings.readers.tables import Records, header_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class FileRow(msgspec.Struct, frozen=True):
    """One row of a file, counted from 1, as a `Row` is; ``fields`` are empty beside a problem."""

    number: int
    line: int
    fields: dict[str, object] = {}
    problem: FieldProblem | None = None
    raw: str = ""


def read_rows(
    path: Path, start_after: int, check: Callable[[list[str]], None]
) -> Iterator[FileRow]:
    """Stream the rows of a ``.csv``, ``.jsonl``, ``.ndjson`` (those also ``.gz``) or ``.parquet``.

    Parameters
    ----------
    start_after
        Leave out this many rows, those an interrupted run has dealt with.
    check
        Is told the columns of a file that names them once, before its rows are read; it raises
        for those that are missing or unknown.

    Raises
    ------
    InvalidInputError
        For a missing file, an unknown format, a wrong header, a damaged file.
    """
    readers = {".csv": _csv, ".jsonl": _jsonl, ".ndjson": _jsonl, ".parquet": _parquet}
    return readers[format_of(path, readers)](path, start_after, check)


def _csv(path: Path, start_after: int, check: Callable[[list[str]], None]) -> Iterator[FileRow]:
    csv.field_size_limit(MOST_LINE)
    records = Records(path)
    header = header_of(records, path.name)
    check(header)
    number = 0
    while (record := records.read(len(header))) is not None:
        if not record.values and record.fault is None:
            continue
        number += 1
        if number > start_after:
            fault = record.fault
            fields = {} if fault else dict(zip(header, record.values, strict=True))
            yield FileRow(number, record.line, {**fields}, fault, record.raw)


def _jsonl(path: Path, start_after: int, _check: Callable[[list[str]], None]) -> Iterator[FileRow]:
    number = 0
    for at, line in enumerate(lines(path), 1):
        if line is not None and not line.strip():
            continue
        number += 1
        if number <= start_after:
            continue
        if line is None:
            yield FileRow(number, at, problem=TOO_LONG)
            continue
        fields, raw = object_in(line), line.decode("utf-8", "replace").rstrip("\r\n")
        if isinstance(fields, FieldProblem):
            yield FileRow(number, at, {}, fields, raw)
        else:
            yield FileRow(number, at, fields, None, raw)


def _parquet(path: Path, start_after: int, check: Callable[[list[str]], None]) -> Iterator[FileRow]:
    import pyarrow as pa

    number = 0
    try:
        file = opened(path)
        check(file.schema_arrow.names)
        for batch in file.iter_batches(PARQUET_ROWS):
            skipped = min(max(start_after - number, 0), len(batch))
            number += skipped
            for fields in bounded_records(batch.slice(skipped)):
                number += 1
                if fields is None:
                    yield FileRow(number, number, problem=NOT_UTF8)
                else:
                    yield FileRow(number, number, fields, None, shown(fields))
    except (pa.ArrowException, OSError) as error:
        reason = " ".join(str(error).split())
        problem = f"is no whole Parquet file after row {number:,}: {reason}"
        raise InvalidInputError(FieldProblem(path.name, problem, "write the file again")) from error
