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

TOO_LONG = FieldProblem("line", f"is over {MOST_LINE:,} bytes", "split or shorten it")
NOT_UTF8 = FieldProblem("encoding", "is not UTF-8", "save the row as UTF-8")
PARQUET_ROWS = 1_000


def read_listings(path: Path, start_after: int = 0) -> Iterator[Row]:
    """Stream the rows of a ``.csv``, ``.jsonl``, ``.ndjson`` (those also ``.gz``) or ``.parquet``.

    Memory stays bounded whatever the file's size. A bad row comes with its problems and
    reading goes on; a file that cannot be read as a whole raises. Text is UTF-8, with or
    without a byte order mark: a row in another encoding is rejected, never guessed at.

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
    readers: dict[str, Callable[[Path, int], Iterator[Row]]] = {
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
    return readers[kind.lower()](path, start_after)


def read_jsonl(path: Path, start_after: int = 0) -> Iterator[Row]:
    """Read a JSON object a line."""
    number = 0
    for at, line in enumerate(lines(path), 1):
        if line is not None and not line.strip():
            continue
        number += 1
        if number > start_after:
            yield refused(number, at, TOO_LONG) if line is None else _json_row(number, at, line)


def _json_row(number: int, at: int, line: bytes) -> Row:
    raw = line.decode("utf-8", "replace").rstrip("\r\n")
    try:
        fields = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        problem = FieldProblem("line", f"is no JSON: {error}", "write one JSON object, as UTF-8")
        return refused(number, at, problem, raw)
    if not isinstance(fields, dict):
        return refused(number, at, FieldProblem("line", "is no JSON object", "write {...}"), raw)
    return as_row(number, fields, raw, at)


class _CsvLines:
    """The lines of a CSV as text for `csv.reader`, noting those that are not UTF-8."""

    def __init__(self, path: Path) -> None:
        self.source = lines(path)
        self.problem: FieldProblem | None = None

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


def read_csv(path: Path, start_after: int = 0) -> Iterator[Row]:
    """Read comma-separated rows under a header (RFC 4180, UTF-8)."""
    csv.field_size_limit(MOST_LINE)
    source = _CsvLines(path)
    reader = csv.reader(source, strict=True)
    header = _header(reader, source, path.name)
    number = 0
    while True:
        at, fault, values = reader.line_num + 1, None, []
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            fault = FieldProblem("row", str(error), "quote fields as RFC 4180 says")
        fault, source.problem = source.problem or fault, None
        if not values and fault is None:
            continue
        number += 1
        if number > start_after:
            yield _csv_row(number, at, header, values, fault)


def _header(reader: Iterator[list[str]], source: _CsvLines, name: str) -> list[str]:
    try:
        header = next(reader, [])
    except csv.Error as error:
        problem = FieldProblem(f"{name}: header", str(error), "quote fields as RFC 4180 says")
        raise InvalidInputError(problem) from error
    if source.problem is not None:
        problem = source.problem
        raise InvalidInputError(
            FieldProblem(f"{name}: header: {problem.field}", problem.problem, problem.remedy)
        )
    check_columns(header, name)
    return header


def _csv_row(
    number: int, at: int, header: list[str], values: list[str], fault: FieldProblem | None
) -> Row:
    raw = ",".join(values)
    if fault is None and len(values) != len(header):
        said = f"has {len(values)} fields, the header {len(header)}"
        fault = FieldProblem("row", said, "quote fields that hold commas")
    if fault is not None:
        return refused(number, at, fault, raw)
    return as_row(number, dict(zip(header, values, strict=True)), raw, at)


def read_parquet(path: Path, start_after: int = 0) -> Iterator[Row]:
    """Read a Parquet file batch by batch."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
        check_columns(file.schema_arrow.names, path.name)
        number = 0
        for batch in file.iter_batches(PARQUET_ROWS):
            skipped = min(max(start_after - number, 0), len(batch))
            number += skipped
            for fields in batch.slice(skipped).to_pylist():
                number += 1
                yield as_row(number, fields, _shown(fields))
    except (pa.ArrowException, OSError) as error:
        raise InvalidInputError(
            FieldProblem(path.name, f"is no whole Parquet file: {error}", "write the file again")
        ) from error


def _shown(fields: dict[str, Any]) -> str:
    return msgspec.json.encode(fields, enc_hook=str).decode()[:2_000]
