"""Writes labelled listings so that `readers` read them again: CSV, JSONL or Parquet."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.listings.listing import Listing
from mimawari.listings.readers.rows import LABEL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Labelled = tuple[Listing, dict[str, int]]
COLUMNS = Listing.__struct_fields__
# What makes a spreadsheet read a cell as a formula (OWASP, CSV injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_SPACE = re.compile(r"\s")


def write_labelled(path: Path, rows: Iterable[Labelled]) -> int:
    """Write listings with a column ``label:TOPIC`` a topic; gives how many.

    A label is 1, 0 or nothing (unknown). The file appears whole or not at all. JSONL and
    Parquet keep every value. CSV is for spreadsheets: a text that begins like a formula gets an
    apostrophe in front, and category levels that hold ``>`` or ``/`` are read as two.

    Parameters
    ----------
    path
        Ends with ``.csv``, ``.jsonl``, ``.ndjson`` or ``.parquet``.
    rows
        Listings with their labels by topic; held in memory, as the topics name the columns.

    Raises
    ------
    InvalidInputError
        For another ending, or a folder that cannot be written to.
    """
    path = Path(path)
    write = _WRITERS.get(path.suffix.lower())
    if write is None:
        known = ", ".join(_WRITERS)
        raise InvalidInputError(
            FieldProblem(path.name, f"has the unknown ending {path.suffix!r}", f"use {known}")
        )
    kept = list(rows)
    topics = sorted({topic for _, labels in kept for topic in labels})
    partial = path.with_name(f".{path.name}.partial")
    try:
        write(partial, kept, topics)
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        reason = error.strerror or "cannot be written"
        raise InvalidInputError(FieldProblem(str(path), reason, "name another file")) from error
    return len(kept)


def _write_jsonl(path: Path, rows: list[Labelled], _topics: list[str]) -> None:
    with path.open("wb") as file:
        for listing, labels in rows:
            told = {f"{LABEL}{topic}": value for topic, value in sorted(labels.items())}
            file.write(msgspec.json.encode({**msgspec.structs.asdict(listing), **told}) + b"\n")


def _write_csv(path: Path, rows: list[Labelled], topics: list[str]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*COLUMNS, *(LABEL + topic for topic in topics)])
        for listing, labels in rows:
            cells = [_cell(name, value) for name, value in _fields(listing).items()]
            writer.writerow([*cells, *(labels.get(topic, "") for topic in topics)])


def _fields(listing: Listing) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(listing)
    return plain


def _cell(name: str, value: Any) -> object:  # noqa: ANN401  # a field of any type
    if value is None or isinstance(value, int):
        return value
    if name == "category":
        text = " > ".join(value)
    elif name == "image_urls":  # divided by spaces, so an address must not hold any
        text = " ".join(_SPACE.sub(lambda m: quote(m.group()), url) for url in value)
    elif name == "attributes":
        return msgspec.json.encode(value).decode() if value else ""
    else:
        text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _write_parquet(path: Path, rows: list[Labelled], topics: list[str]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    texts, time = pa.list_(pa.string()), pa.timestamp("us", "UTC")
    types = {"version": pa.int64(), "price_minor": pa.int64(), "category": texts}
    types |= {"image_urls": texts, "attributes": pa.map_(pa.string(), pa.string())}
    types |= dict.fromkeys(("created_at", "updated_at", "seller_created_at"), time)
    columns = {}
    for name in COLUMNS:
        values = [getattr(listing, name) for listing, _ in rows]
        if name == "attributes":
            values = [list(value.items()) for value in values]
        columns[name] = pa.array(values, types.get(name, pa.string()))
    for topic in topics:
        columns[LABEL + topic] = pa.array([labels.get(topic) for _, labels in rows], pa.int8())
    pq.write_table(pa.table(columns), path)


_WRITERS: dict[str, Callable[[Path, list[Labelled], list[str]], None]] = {
    ".csv": _write_csv,
    ".jsonl": _write_jsonl,
    ".ndjson": _write_jsonl,
    ".parquet": _write_parquet,
}
