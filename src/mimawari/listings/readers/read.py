"""Choose the reader by the file's name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.listings.decoding import decode_object
from mimawari.listings.readers.label_column import (
    USUAL,
    LabelColumn,
    add_names,
    check_named,
    column_name,
    column_of,
    read_column,
)
from mimawari.listings.readers.lines import NOT_UTF8, TOO_LONG, lines
from mimawari.listings.readers.reading import AS_IT_IS, Reading
from mimawari.listings.readers.rows import COLUMNS, Row, as_row, check_columns, refused
from mimawari.listings.readers.tables import read_csv

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import pyarrow as pa
    import pyarrow.parquet as pq

PARQUET_ROWS = 1_000
MOST_KEYS = 1_000
PAGE_BYTES = 1 << 20
# Of a listing; a file of ten kilobytes can declare gigabytes.
MOST_ROW = 1_000_000
MOST_GROUP = 4_000_000_000
MOST_RATIO = 500
PLAIN_RATIO = 64_000_000
BATCH_BYTES = 64_000_000


def read_listings(path: Path, start_after: int = 0, reading: Reading = AS_IT_IS) -> Iterator[Row]:
    """Stream the rows of a ``.csv``, ``.jsonl``, ``.ndjson`` (those also ``.gz``) or ``.parquet``.

    Memory stays bounded whatever the file's size. A bad row comes with its problems and
    reading goes on; a file that cannot be read as a whole raises. Text is UTF-8, with or
    without a byte order mark: a row in another encoding is rejected, never guessed at.

    Parameters
    ----------
    start_after
        Leave out this many rows, those an interrupted run has dealt with.
    reading
        What the file does not say of itself: a currency, a column of label names. The names
        are collected first, so such a file is read twice.

    Raises
    ------
    InvalidInputError
        For a missing file, an unknown format, a wrong header, a damaged file.
    """
    path = Path(path)
    readers: dict[str, Callable[[Path, int, Reading], Iterator[Row]]] = {
        ".csv": read_csv,
        ".jsonl": read_jsonl,
        ".ndjson": read_jsonl,
        ".parquet": read_parquet,
    }
    kind = format_of(path, readers)
    check_named(reading, COLUMNS)
    return readers[kind](path, start_after, reading)


def format_of(path: Path, known: Iterable[str]) -> str:
    """Give the ending that says how a file is read, such as ``.csv``.

    Raises
    ------
    InvalidInputError
        For another ending, and where there is no such file.
    """
    kind = path.suffixes[-2] if path.suffix == ".gz" and len(path.suffixes) > 1 else path.suffix
    if kind.lower() not in known:
        raise InvalidInputError(
            FieldProblem(path.name, f"has the unknown ending {kind!r}", f"use {', '.join(known)}")
        )
    if not path.is_file():
        raise InvalidInputError(FieldProblem(str(path), "is no file", "check the name"))
    return kind.lower()


def read_jsonl(path: Path, start_after: int = 0, reading: Reading = AS_IT_IS) -> Iterator[Row]:
    """Read a JSON object a line."""
    column, number = _column_of_lines(path, reading) if reading.labels else None, 0
    for at, line in enumerate(lines(path), 1):
        if line is not None and not line.strip():
            continue
        number += 1
        if number > start_after:
            if line is None:
                yield refused(number, at, TOO_LONG)
            else:
                yield _json_row(number, at, line, reading, column)


def _column_of_lines(path: Path, reading: Reading) -> LabelColumn | None:
    """See which column of label names the lines have, and all that its cells name."""
    wanted = USUAL if reading.label_column is None else (reading.label_column,)
    decoder = msgspec.json.Decoder(dict[str, msgspec.Raw])
    names: dict[str, set[str]] = {}
    keys: set[str] = set()
    for line in lines(path):
        try:
            fields = decoder.decode(line or b"{}")
            if len(keys) < MOST_KEYS:
                keys.update(fields)
            for column in fields.keys() & set(wanted):
                cell = msgspec.json.decode(fields[column])
                add_names(names.setdefault(column, set()), cell, column)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue  # told where rows are read
    name = column_name(sorted(keys | set(names)), reading, path.name)
    return None if name is None else column_of(name, names.get(name, set()), reading)


def _json_row(
    number: int, at: int, line: bytes, reading: Reading, column: LabelColumn | None
) -> Row:
    raw = line.decode("utf-8", "replace").rstrip("\r\n")
    fields = object_in(line)
    if isinstance(fields, FieldProblem):
        return refused(number, at, fields, raw)
    if not reading.labels:
        for name in USUAL if reading.label_column is None else (reading.label_column,):
            fields.pop(name, None)
    return as_row(number, fields, raw, at, reading.currency, column)


def object_in(line: bytes) -> dict[str, object] | FieldProblem:
    """Read a JSON object of a line, or say why it is none."""
    try:
        fields = msgspec.json.decode(line)
        if not isinstance(fields, dict):
            return FieldProblem("line", "is no JSON object", "write {...}")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        try:
            return dict(decode_object(line, "line", error))
        except InvalidInputError as reason:
            return reason.problems[0]
    return fields


def read_parquet(path: Path, start_after: int = 0, reading: Reading = AS_IT_IS) -> Iterator[Row]:
    """Read a Parquet file batch by batch, columns by pages and not as a whole."""
    import pyarrow as pa

    number = 0
    try:
        file = opened(path)
        names = file.schema_arrow.names
        column = column_name(names, reading, path.name)
        check_columns(names, path.name, column)
        labels = read_column(column, _cells(file, column), reading) if column else None
        for batch in file.iter_batches(PARQUET_ROWS):
            skipped = min(max(start_after - number, 0), len(batch))
            number += skipped
            for fields in bounded_records(batch.slice(skipped)):
                number += 1
                if fields is None:
                    yield refused(number, number, NOT_UTF8)
                else:
                    yield as_row(number, fields, shown(fields), 0, reading.currency, labels)
    except (pa.ArrowException, OSError) as error:
        reason = " ".join(str(error).split())
        problem = f"is no whole Parquet file after row {number:,}: {reason}"
        raise InvalidInputError(FieldProblem(path.name, problem, "write the file again")) from error


def _check_sizes(file: pq.ParquetFile, name: str) -> None:
    """Refuse a file that declares more than listings hold, before any of it is unpacked."""
    for i in range(file.metadata.num_row_groups):
        group = file.metadata.row_group(i)
        columns = [group.column(j) for j in range(group.num_columns)]
        unpacked = sum(column.total_uncompressed_size for column in columns)
        packed = max(1, sum(column.total_compressed_size for column in columns))
        problem = f"declares {unpacked:,} bytes for {group.num_rows:,} rows"
        if unpacked > MOST_GROUP or unpacked > MOST_ROW * max(1, group.num_rows):
            remedy = f"write at most {MOST_ROW:,} bytes a row, in smaller row groups"
            raise InvalidInputError(FieldProblem(f"{name}: row group {i}", problem, remedy))
        if unpacked > PLAIN_RATIO and unpacked > MOST_RATIO * packed:
            remedy = f"write the file again: that is over {MOST_RATIO} times its size"
            raise InvalidInputError(FieldProblem(f"{name}: row group {i}", problem, remedy))


def _cells(file: pq.ParquetFile, column: str) -> Iterator[object]:
    """Give the cells of one column, those that are no UTF-8 left out."""
    for batch in file.iter_batches(PARQUET_ROWS, columns=[column]):
        for fields in _records(batch):
            if fields is not None:
                yield fields[column]


def opened(path: Path) -> pq.ParquetFile:
    """Open a Parquet file whose sizes are sound; a text that many rows repeat stays one text."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        _check_sizes(file, path.name)
        columns = [file.schema.column(i) for i in range(len(file.schema))]
    texts = [c.name for c in columns if c.physical_type == "BYTE_ARRAY" and c.path == c.name]
    return pq.ParquetFile(
        path, buffer_size=PAGE_BYTES, page_checksum_verification=True, read_dictionary=texts
    )


def bounded_records(batch: pa.RecordBatch) -> Iterator[dict[str, object] | None]:
    """Give a batch's rows, so few at a time that their texts fit into memory."""
    longest = sum(_longest(column) for column in batch.columns)
    rows = max(1, BATCH_BYTES // max(1, longest))
    for start in range(0, len(batch), rows):
        yield from _records(batch.slice(start, rows))


def _longest(column: pa.Array[Any]) -> int:
    """Give the bytes of the longest text that a column's rows may repeat."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not isinstance(column, pa.DictionaryArray) or not len(column.dictionary):
        return 0
    lengths = pc.binary_length(column.dictionary)  # type: ignore[call-overload]  # of texts
    return int(max(lengths.to_numpy(zero_copy_only=False)))


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


def shown(fields: dict[str, object]) -> str:
    """Write the fields of a row that had no text, for whoever reads why it was refused."""
    return msgspec.json.encode(fields, enc_hook=str).decode()[:2_000]
