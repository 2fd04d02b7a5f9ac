"""Nested plain data as rows of a table: bounded, whatever an artifact says of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mimawari.records.json import JsonObject, JsonValue

MOST_ROWS, MOST_LETTERS, MOST_LEVELS = 300, 300, 8


class Row(msgspec.Struct, frozen=True):
    """A value under its name; the name of a nested one has dots."""

    name: str
    value: str


def flat(values: JsonObject) -> list[Row]:
    """Give nested values as rows, as many as a page bears.

    Examples
    --------
    >>> [(row.name, row.value) for row in flat({"text": {"c": 0.15}, "orders": [1, 2]})]
    [('text.c', '0.15'), ('orders', '1, 2')]
    """
    rows: list[Row] = []
    for row in _rows("", values, 0):
        if len(rows) == MOST_ROWS:
            rows.append(Row("…", ""))
            break
        rows.append(row)
    return rows


def clipped(text: str) -> str:
    """Give a text, or its beginning where it is long."""
    return text if len(text) <= MOST_LETTERS else f"{text[:MOST_LETTERS]}…"


def plain_text(value: JsonValue) -> str:
    """Write a value that has no parts, or as JSON what has."""
    if value is None:
        return "–"
    if isinstance(value, str):
        return clipped(value)
    return clipped(msgspec.json.encode(value).decode())


def _rows(name: str, value: JsonValue, level: int) -> Iterator[Row]:
    if isinstance(value, dict) and value and level < MOST_LEVELS:
        for key, inner in value.items():
            yield from _rows(f"{name}.{key}" if name else key, inner, level + 1)
    elif isinstance(value, list) and value and level < MOST_LEVELS:
        if any(isinstance(part, dict | list) for part in value):
            for i, inner in enumerate(value):
                yield from _rows(f"{name}.{i + 1}", inner, level + 1)
        else:
            yield Row(clipped(name), clipped(", ".join(plain_text(part) for part in value)))
    else:
        yield Row(clipped(name), plain_text(value))
