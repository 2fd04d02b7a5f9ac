"""Bodies of requests: bounded, decoded into a type, problems named by field."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.service.api.answers import refuse
from mimawari.service.api.batch import MOST_LINE, SMALLER

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

Body = TypeVar("Body", bound=msgspec.Struct)
_NAMED = re.compile(r"(missing required|unknown) field `(.*?)`")
_PATH = re.compile(r"^(.*) - at `\$\.?(.*)`$", re.DOTALL)


class TooLargeError(Exception):
    """A body over the limit."""


async def body_of(request: Request) -> bytes:
    """Read a body, at most `MOST_LINE` bytes."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MOST_LINE:
            raise TooLargeError
        parts.append(part)
    return b"".join(parts)


def too_large() -> Response:
    """Refuse a body over the limit."""
    return refuse(413, "body", f"is over {MOST_LINE:,} bytes", SMALLER)


def decode(data: bytes, kind: type[Body]) -> Body:
    """Decode a JSON body; an empty one is an empty object.

    Raises
    ------
    InvalidInputError
        Naming the field that is missing, unknown or of a wrong value.

    Examples
    --------
    >>> class Wanted(msgspec.Struct, forbid_unknown_fields=True):
    ...     topic: str
    >>> decode(b'{"topic": 3}', Wanted)
    Traceback (most recent call last):
    mimawari.errors.InvalidInputError: topic: Expected `str`, got `int`; use a known value
    """
    try:
        return msgspec.json.decode(data or b"{}", type=kind)
    except msgspec.ValidationError as error:
        raise InvalidInputError(_problem(str(error), kind)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        problem = FieldProblem("body", "is no JSON object in UTF-8", "write one JSON object")
        raise InvalidInputError(problem) from error


def _problem(said: str, kind: type[Any]) -> FieldProblem:
    named = _NAMED.search(said)
    if named:
        known = f"known: {', '.join(kind.__struct_fields__)}"
        missing = named[1].startswith("missing")
        shown = named[2][:80].encode("ascii", "backslashreplace").decode()
        if missing:
            return FieldProblem(shown, "is missing", "give it")
        return FieldProblem(shown, "is unknown", known)
    placed = _PATH.match(said)
    text, field = placed.groups() if placed else (said, "body")
    return FieldProblem(field or "body", text[:200], "use a known value")
