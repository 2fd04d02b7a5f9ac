"""Choose the reader by the file's name."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.listings.readers.lines import MOST_LINE, lines
from mimawari.listings.readers.rows import Row, as_row, check_columns, refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TOO_LONG = ("line", f"is over {MOST_LINE:,} bytes", "split or shorten it")
NOT_UTF8 = ("encoding", "is not UTF-8", "save the row as UTF-8")
PARQUET_ROWS = 1_000


def read_listings(path: Path, start_after: int = 0) -> Iterator[Row]:
    """Stream the rows of a ``.csv``, ``.jsonl``, ``.ndjson`` (those also ``.gz``) or ``.parquet``.

    Memory stays bounded whatever the file's size. A bad row comes with its problems and
    reading goes on; a file that cannot be read as a whole raises.

    Parameters
    ----------
    start_after
        Leave out this many rows, those an interrupted run has dealt with.

    Raises
    ------
    InvalidInputError
        For a missing file, an unknown format, a wrong header, a damaged file.
    """
    path = Path(path)
    kind = path.suffixes[-2] if path.suffix == ".gz" and len(path.suffixes) > 1 else path.suffix
    readers: dict[str, Callable[[Path], Iterator[Row]]] = {
        ".csv": read_csv,
        ".jsonl": read_jsonl,
        ".ndjson": read_jsonl,
        ".parquet": read_parquet,
    }
    if kind.lower() not in readers:
        raise InvalidInputError(
            FieldProblem(path.name, f"has the unknown ending {kind!r}", f"use {', '.join(readers)}")
        )
    if not path.is_file():
        raise InvalidInputError(FieldProblem(str(path), "is no file", "check the name"))
    return (row for row in readers[kind.lower()](path) if row.number > start_after)


def read_jsonl(path: Path) -> Iterator[Row]:
    """Read a JSON object a line."""
    number = 0
    for line in lines(path):
        if line is not None and not line.strip():
            continue
        number += 1
        if line is None:
            yield refused(number, *TOO_LONG)
            continue
        raw = line.decode("utf-8", "replace").rstrip("\n")
        try:
            fields = msgspec.json.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            yield refused(number, "line", f"is no JSON: {error}", "write one JSON object", raw)
            continue
        if isinstance(fields, dict):
            yield as_row(number, fields, raw)
        else:
            yield refused(number, "line", "is no JSON object", "write {...}", raw)


class _CsvLines:
    """The lines of a CSV as text for `csv.reader`, noting those that are not UTF-8."""

    def __init__(self, path: Path) -> None:
        self.source = lines(path)
        self.problem: tuple[str, str, str] | None = None

    def __iter__(self) -> _CsvLines:
        return self

    def __next__(self) -> str:
        line = next(self.source)
        if line is None:
            self.problem = TOO_LONG
            return "\n"
        try:
            return line.decode().replace("\x00", "\ufffd")
        except UnicodeDecodeError:
            self.problem = NOT_UTF8
            return line.decode("utf-8", "replace")


def read_csv(path: Path) -> Iterator[Row]:
    """Read comma-separated rows under a header (RFC 4180, UTF-8)."""
    csv.field_size_limit(MOST_LINE)
    source = _CsvLines(path)
    reader = csv.reader(source, strict=True)
    header = next(reader, [])
    check_columns(header, path.name)
    number = 0
    while True:
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            number += 1
            yield refused(number, "row", str(error), "quote fields as RFC 4180 says")
            continue
        if not values and source.problem is None:
            continue
        number += 1
        raw = ",".join(values)
        if source.problem is not None:
            problem, source.problem = source.problem, None
            yield refused(number, *problem, raw)
        elif len(values) != len(header):
            said = f"has {len(values)} fields, the header {len(header)}"
            yield refused(number, "row", said, "quote fields that hold commas", raw)
        else:
            yield as_row(number, dict(zip(header, values, strict=True)), raw)


def read_parquet(path: Path) -> Iterator[Row]:
    """Read a Parquet file batch by batch."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
        check_columns(file.schema_arrow.names, path.name)
        number = 0
        for batch in file.iter_batches(PARQUET_ROWS):
            for fields in batch.to_pylist():
                number += 1
                yield as_row(number, fields, _shown(fields))
    except (pa.ArrowException, OSError) as error:
        raise InvalidInputError(
            FieldProblem(path.name, f"is no whole Parquet file: {error}", "write the file again")
        ) from error


def _shown(fields: dict[str, Any]) -> str:
    return msgspec.json.encode(fields, enc_hook=str).decode()[:2_000]
