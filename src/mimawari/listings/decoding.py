"""What is wrong with data that does not have a listing's shape: every field, in plain words."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import msgspec

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.listings.listing import Condition, Listing
from mimawari.suggestions import unknown_names

if TYPE_CHECKING:
    from collections.abc import Mapping

_PLACE = re.compile(r" - at `\$((?:\[\d+\])+)`$")
_TIME = "write it as 2026-01-31T12:00:00Z"
_TEXT = "write a text in quotes"
CONVERSION_ERRORS = (msgspec.ValidationError, UnicodeEncodeError)
"""What converting plain data raises: the second for half of a surrogate pair in a number."""
REMEDIES = {
    "version": "write a whole number: 1",
    "price_minor": "write a whole number in minor units (cents, yen): 1250",
    "condition": f"use {', '.join(Condition)}",
    "category": 'write a list from the root: ["Sports", "Air guns"]',
    "image_urls": 'write a list: ["https://shop.example/1.jpg"]',
    "attributes": 'write texts by name: {"size": "M"}',
    **dict.fromkeys(("created_at", "updated_at", "seller_created_at"), _TIME),
}
"""What to write into a field whose value has the wrong type."""


def shape_problems(data: Mapping[str, object]) -> list[FieldProblem]:
    """Give every missing field, every value of the wrong type, and the first unknown fields.

    Of very many unknown fields the last problem tells the number.

    Examples
    --------
    >>> for problem in shape_problems({"id": "1", "version": "x", "seller_id": "s", "tite": ""}):
    ...     print(problem)
    version: is 'x'; write a whole number: 1
    title: is missing; give it
    tite: is unknown; did you mean title?
    """
    fields = {field.name: field for field in msgspec.structs.fields(Listing)}
    problems = []
    for name, field in fields.items():
        if name in data:
            problems += _of_type(name, data[name], field.type)
        elif field.required:
            problems.append(FieldProblem(name, "is missing", "give it"))
    unknown = [str(name) for name in data if name not in fields]
    return problems + unknown_names(unknown, tuple(fields), _unknown, "body")


def _unknown(name: str, near: str | None) -> FieldProblem:
    known = f"known: {', '.join(Listing.__struct_fields__)}; free data goes to attributes"
    return FieldProblem(printable(name), "is unknown", f"did you mean {near}?" if near else known)


def _of_type(name: str, value: object, wanted: object) -> list[FieldProblem]:
    try:
        msgspec.convert(value, wanted)
    except CONVERSION_ERRORS as error:
        place = _PLACE.search(str(error))
        if place and isinstance(value, list | tuple):
            value = value[int(place.group(1)[1:].split("]")[0])]
            name, remedy = f"{name}{place.group(1)}", _TEXT
        else:
            remedy = REMEDIES.get(name, _TEXT)
        return [FieldProblem(name, f"is {_shown(value)}", remedy)]
    return []


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:39] + "…"


def printable(text: str) -> str:
    r"""Give a name as it can be shown and sent anywhere, at most 80 characters long.

    Examples
    --------
    >>> printable("col\ud800our\x1b")
    'col\\ud800our\\x1b'
    """
    shown = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text[:80])
    return shown[:80]


def decode_object(
    data: bytes | str, field: str, error: Exception | None = None
) -> dict[str, object]:
    """Decode one JSON object, keeping halves of surrogate pairs so that their field is named.

    The fast decoder refuses such text without saying where it stands, so it is asked first and
    the slow one where it refuses.

    Raises
    ------
    InvalidInputError
        Where the data is not UTF-8 or no JSON object; the problem names ``field``.
    """
    try:
        text = data if isinstance(data, str) else data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError as wrong:
        at = f"is not UTF-8 at byte {wrong.start}"
        raise InvalidInputError(FieldProblem(field, at, "encode it as UTF-8")) from wrong
    try:
        decoded = _loads(text)
    except (ValueError, RecursionError) as wrong:
        reason = str(wrong) or "it is nested too deep"
        problem = FieldProblem(field, f"is no JSON: {reason[:120]}", "write one JSON object")
        raise InvalidInputError(problem) from error
    if not isinstance(decoded, dict):
        problem = FieldProblem(field, f"is {_shown(decoded)}", 'write one JSON object: {"id": ...}')
        raise InvalidInputError(problem) from error
    return decoded


def _loads(text: str) -> object:
    try:
        return msgspec.json.decode(text)
    except (ValueError, RecursionError):  # msgspec.DecodeError and UnicodeError are ValueErrors
        return json.loads(text, parse_constant=_no_number)


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")
