"""Writes labelled listings so that `readers` read them again: CSV, JSONL or Parquet."""

from __future__ import annotations

import csv
import re
from itertools import chain, repeat
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.listings.listing import Listing
from mimawari.listings.readers.rows import LABEL, NOTE, WEIGHT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

Labelled = tuple[Listing, dict[str, int], dict[str, float]]
Row = tuple[Listing, dict[str, int], dict[str, float], "Mapping[str, str]"]
Columns = list[tuple[str, str]]
COLUMNS = Listing.__struct_fields__
# What makes a spreadsheet read a cell as a formula (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_SPACE = re.compile(r"\s")


def write_labelled(
    path: Path,
    rows: Iterable[tuple[Listing, dict[str, int]] | Labelled],
    topics: Iterable[str] = (),
    notes: Sequence[Mapping[str, str]] = (),
) -> int:
    """Write listings with a column ``label:TOPIC`` a topic; gives how many.

    A label is 1, 0 or nothing (unknown). Weights come as columns ``weight:TOPIC``, of topics
    that have any. The file appears whole or not at all. JSONL and
    Parquet keep every value. CSV is for spreadsheets: a text that begins like a formula gets an
    apostrophe in front, and category levels that hold ``>`` or ``/`` are read as two.

    Parameters
    ----------
    path
        Ends with ``.csv``, ``.jsonl``, ``.ndjson`` or ``.parquet``.
    rows
        Listings with their labels, and weights where known, by topic; held in memory, as the
        topics name the columns.
    topics
        Those that get a column in tables though nothing has a label yet.
    notes
        Texts for people by name, for each row, as columns ``note:NAME`` that readers pass over.

    Raises
    ------
    InvalidInputError
        For another ending, or a folder that cannot be written to.
    """
    path = Path(path)
    write = writer_of(path)
    noted = chain(notes, repeat({}))
    kept: list[Row] = [(listing, y, dict(*w), next(noted)) for listing, y, *w in rows]
    more = [(LABEL, topic) for topic in sorted({t for row in kept for t in row[1]} | {*topics})]
    more += [(WEIGHT, topic) for topic in sorted({t for row in kept for t in row[2]})]
    more += [(NOTE, name) for name in dict.fromkeys(n for row in kept for n in row[3])]
    partial = path.with_name(f".{path.name}.partial")
    try:
        write(partial, kept, more)
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        reason = error.strerror or "cannot be written"
        raise InvalidInputError(FieldProblem(str(path), reason, "name another file")) from error
    return len(kept)


def writer_of(path: Path) -> Callable[[Path, list[Row], Columns], None]:
    """Give what writes files of this ending; to be asked before long work, too.

    Raises
    ------
    InvalidInputError
        For an unknown ending.
    """
    write = _WRITERS.get(path.suffix.lower())
    if write is None:
        known = ", ".join(_WRITERS)
        raise InvalidInputError(
            FieldProblem(path.name, f"has the unknown ending {path.suffix!r}", f"use {known}")
        )
    return write


def _write_jsonl(path: Path, rows: list[Row], _more: Columns) -> None:
    with path.open("wb") as file:
        for listing, labels, weights, notes in rows:
            fields = msgspec.structs.asdict(listing)
            fields |= {f"{LABEL}{topic}": v for topic, v in sorted(labels.items())}
            fields |= {f"{WEIGHT}{topic}": v for topic, v in sorted(weights.items())}
            fields |= {f"{NOTE}{name}": v for name, v in notes.items()}
            file.write(msgspec.json.encode(fields) + b"\n")


def _write_csv(path: Path, rows: list[Row], more: Columns) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*COLUMNS, *(kind + topic for kind, topic in more)])
        for row in rows:
            cells = [_cell(name, value) for name, value in _fields(row[0]).items()]
            cells += [_cell(kind, _known(row, kind, topic, "")) for kind, topic in more]
            writer.writerow(cells)


def _known(row: Row, kind: str, name: str, nothing: object = None) -> object:
    _, labels, weights, notes = row
    of: dict[str, Mapping[str, object]] = {LABEL: labels, WEIGHT: weights, NOTE: notes}
    return of[kind].get(name, nothing)


def _fields(listing: Listing) -> dict[str, object]:
    plain: dict[str, object] = msgspec.to_builtins(listing)
    return plain


def _cell(name: str, value: object) -> object:
    if value is None or isinstance(value, int):
        return value
    if isinstance(value, dict):
        return msgspec.json.encode(value).decode() if value else ""
    if not isinstance(value, list | tuple):
        return plain_cell(str(value))
    if name == "image_urls":  # divided by spaces, so an address must not hold any
        return plain_cell(" ".join(_SPACE.sub(lambda m: quote(m.group()), url) for url in value))
    return plain_cell(" > ".join(value))


def plain_cell(text: str) -> str:
    """Put an apostrophe before what a spreadsheet would run.

    Examples
    --------
    >>> plain_cell("=1+1"), plain_cell("cup")
    ("'=1+1", 'cup')
    """
    return f"'{text}" if text.startswith(_FORMULA) else text


def _write_parquet(path: Path, rows: list[Row], more: Columns) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    texts, time = pa.list_(pa.string()), pa.timestamp("us", "UTC")
    types: dict[str, pa.DataType] = dict.fromkeys(COLUMNS, pa.string())
    types |= {LABEL: pa.int8(), WEIGHT: pa.float64(), NOTE: pa.string()}
    types |= {"version": pa.int64(), "price_minor": pa.int64(), "category": texts}
    types |= {"image_urls": texts, "attributes": pa.map_(pa.string(), pa.string())}
    types |= dict.fromkeys(("created_at", "updated_at", "seller_created_at"), time)
    columns = {}
    for name in COLUMNS:
        values = [getattr(listing, name) for listing, *_ in rows]
        if name == "attributes":
            values = [list(value.items()) for value in values]
        columns[name] = pa.array(values, types[name])
    for kind, topic in more:
        values = [_known(row, kind, topic) for row in rows]
        columns[kind + topic] = pa.array(values, types[kind])
    pq.write_table(pa.table(columns), path)


_WRITERS: dict[str, Callable[[Path, list[Row], Columns], None]] = {
    ".csv": _write_csv,
    ".jsonl": _write_jsonl,
    ".ndjson": _write_jsonl,
    ".parquet": _write_parquet,
}
