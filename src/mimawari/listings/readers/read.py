"""Choose the reader by the file's name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.listings.decoding import decode_object
from mimawari.listings.readers.lines import NOT_UTF8, TOO_LONG, lines
from mimawari.listings.readers.rows import Row, as_row, check_columns, refused
from mimawari.listings.readers.tables import read_csv

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyarrow as pa

PARQUET_ROWS = 1_000
PAGE_BYTES = 1 << 20


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
        if not isinstance(fields, dict):
            return refused(
                number, at, FieldProblem("line", "is no JSON object", "write {...}"), raw
            )
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        try:
            fields = decode_object(line, "line", error)
        except InvalidInputError as reason:
            return refused(number, at, reason.problems[0], raw)
    return as_row(number, fields, raw, at)


def read_parquet(path: Path, start_after: int = 0) -> Iterator[Row]:
    """Read a Parquet file batch by batch, columns by pages and not as a whole."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    try:
        file = pq.ParquetFile(path, buffer_size=PAGE_BYTES, page_checksum_verification=True)
        check_columns(file.schema_arrow.names, path.name)
        for batch in file.iter_batches(PARQUET_ROWS):
            skipped = min(max(start_after - number, 0), len(batch))
            number += skipped
            for fields in _records(batch.slice(skipped)):
                number += 1
                if fields is None:
                    yield refused(number, number, NOT_UTF8)
                else:
                    yield as_row(number, fields, _shown(fields))
    except (pa.ArrowException, OSError) as error:
        reason = " ".join(str(error).split())
        problem = f"is no whole Parquet file after row {number:,}: {reason}"
        raise InvalidInputError(FieldProblem(path.name, problem, "write the file again")) from error


def _records(batch: pa.RecordBatch) -> Iterator[dict[str, object] | None]:
    """Give a batch's rows; None for one whose texts are not UTF-8."""
    try:
        yield from batch.to_pylist()
    except UnicodeDecodeError:  # before the first row: columns are turned into values first
        for i in range(len(batch)):
            try:
                yield batch.slice(i, 1).to_pylist()[0]
            except UnicodeDecodeError:
                yield None


def _shown(fields: dict[str, object]) -> str:
    return msgspec.json.encode(fields, enc_hook=str).decode()[:2_000]
