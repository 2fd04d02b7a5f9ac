"""CSV as people write it: one bad row costs that row, not those after it."""

from __future__ import annotations

import csv
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.listings.readers.label_column import column_name, read_column
from mimawari.listings.readers.lines import MOST_LINE, NOT_UTF8, TOO_LONG, lines
from mimawari.listings.readers.reading import AS_IT_IS
from mimawari.listings.readers.rows import Row, as_row, check_columns, refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mimawari.listings.readers.reading import Reading

QUOTING = 'quote fields as RFC 4180 says: "a, b", and a quote inside as two'
OTHER_DELIMITERS = (";", "\t", "|")


@dataclass(frozen=True, slots=True)
class Record:
    """A record: the line it begins at, its fields, what is wrong with it, and its text."""

    line: int
    values: list[str]
    fault: FieldProblem | None
    raw: str


class Records:
    """The records of a CSV file.

    A quote that nobody closed would make one record of all that follows. So a record of
    several lines that does not come out loses its first line only, and reading goes on at
    the next one.
    """

    def __init__(self, path: Path) -> None:
        self._source = lines(path)
        self._again: deque[bytes | None] = deque()
        self._taken: list[bytes | None] = []
        self._size = 0
        self._reader = csv.reader(self, strict=True)
        self._line = 0

    def __iter__(self) -> Records:
        return self

    def __next__(self) -> str:
        """Give `csv.reader` the next line, remembering it."""
        if self._size > 2 * MOST_LINE:  # the record is too large: let it end here
            raise StopIteration
        line = self._again.popleft() if self._again else next(self._source)
        self._taken.append(line)
        self._size += len(line or b"")
        return "\n" if line is None else line.decode("utf-8", "replace")

    def read(self, width: int | None = None) -> Record | None:
        """Give the next record, of ``width`` fields where it is known; None at the end."""
        values, fault = [], None
        try:
            values = next(self._reader)
        except StopIteration:
            return None
        except csv.Error as error:
            fault = FieldProblem("row", str(error), QUOTING)
        if fault is None and values and width is not None and len(values) != width:
            problem = f"has {len(values)} fields, the header {width}"
            fault = FieldProblem("row", problem, "quote fields that hold commas")
        if fault is not None and len(self._taken) > 1:
            self._again.extendleft(reversed(self._taken[1:]))
            del self._taken[1:]
            self._reader = csv.reader(self, strict=True)
        record = Record(self._line + 1, values, _bytes_fault(self._taken) or fault, self._raw())
        self._line += len(self._taken)
        self._taken, self._size = [], 0
        return record

    def _raw(self) -> str:
        text = b"".join(line or b"" for line in self._taken)
        return text.decode("utf-8", "replace").rstrip("\r\n")


def _bytes_fault(taken: list[bytes | None]) -> FieldProblem | None:
    for line in taken:
        if line is None:
            return TOO_LONG
        try:
            line.decode()
        except UnicodeDecodeError:
            return NOT_UTF8
    return None


def read_csv(path: Path, start_after: int = 0, reading: Reading = AS_IT_IS) -> Iterator[Row]:
    """Read comma-separated rows under a header (RFC 4180, UTF-8)."""
    csv.field_size_limit(MOST_LINE)
    records = Records(path)
    header, column = _header(records, path.name, reading)
    labels = read_column(column, _cells(path, header.index(column)), reading) if column else None
    number = 0
    while (record := records.read(len(header))) is not None:
        if not record.values and record.fault is None:
            continue
        number += 1
        if number <= start_after:
            continue
        if record.fault is not None:
            yield refused(number, record.line, record.fault, record.raw)
        else:
            fields: dict[str, object] = dict(zip(header, record.values, strict=True))
            yield as_row(number, fields, record.raw, record.line, reading.currency, labels)


def _cells(path: Path, place: int) -> Iterator[str]:
    """Give one column's cells of the rows that can be split."""
    records = Records(path)
    header = records.read()
    width = len(header.values) if header else 0
    while (record := records.read(width)) is not None:
        if record.values and record.fault is None:
            yield record.values[place]


def header_of(records: Records, name: str) -> list[str]:
    """Give the names of the columns, as the first record has them.

    Raises
    ------
    InvalidInputError
        It cannot be read, or commas do not divide it.
    """
    record = records.read()
    if record is not None and record.fault is not None:
        fault, field = record.fault, f"{name}: header: {record.fault.field}"
        remedy = "save the file as UTF-8" if fault is NOT_UTF8 else fault.remedy
        raise InvalidInputError(FieldProblem(field, fault.problem, remedy))
    header = record.values if record is not None else []
    others = [d for d in OTHER_DELIMITERS if len(header) == 1 and d in header[0]]
    if others:
        problem = f"is divided by {others[0]!r}"
        raise InvalidInputError(FieldProblem(f"{name}: header", problem, "divide it by commas"))
    return header


def _header(records: Records, name: str, reading: Reading) -> tuple[list[str], str | None]:
    """Give the names of the columns, and that of the column of label names."""
    header = header_of(records, name)
    column = column_name(header, reading, name)
    check_columns(header, name, column)
    return header, column
