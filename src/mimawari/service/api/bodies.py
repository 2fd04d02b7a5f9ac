"""Bodies of requests: bounded, decoded into a type, problems named by field."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

import msgspec

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.records.fields import convert
from mimawari.service.api.answers import refuse
from mimawari.service.api.batch import MOST_LINE, SMALLER

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

JSON, NDJSON = "application/json", "application/x-ndjson"
B = TypeVar("B", bound=msgspec.Struct)
NO_OBJECT = FieldProblem("body", "is no JSON object in UTF-8", "write one JSON object")


class TooLargeError(Exception):
    """A body over the limit."""


class Nothing(msgspec.Struct, frozen=True):
    """The body of a request that has none."""


class Body(msgspec.Struct, Generic[B], frozen=True):
    """A body that is one JSON object.

    Parameters
    ----------
    parse
        Reads the bytes where the type alone does not say what is wrong.
    """

    kind: type[B]
    example: B
    parse: Callable[[bytes], B] | None = None

    media: ClassVar[str] = JSON

    @property
    def bounded(self) -> bool:
        """Whether there is a body, which is read whole and may be too large."""
        return self.kind is not Nothing

    async def read(self, request: Request) -> B:
        """Read and decode the body of a request; nothing is read where none is declared."""
        if not self.bounded:
            return self.example
        data = await body_of(request)
        return self.parse(data) if self.parse else decode(data, self.kind)


class Lines(msgspec.Struct, Generic[B], frozen=True):
    """A body of JSON objects, one a line, which the handler reads from the request.

    ``kind`` and ``example`` stand for what is decoded here: nothing.
    """

    kind: type[B]
    example: B
    line: type[msgspec.Struct]
    lines: tuple[msgspec.Struct, ...]

    media: ClassVar[str] = NDJSON
    bounded: ClassVar[bool] = False

    async def read(self, _request: Request) -> B:
        """Leave the body to the handler."""
        return self.example


NO_BODY = Body(Nothing, Nothing())


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


def decode(data: bytes, kind: type[B]) -> B:
    """Decode a JSON body; an empty one is an empty object.

    Raises
    ------
    InvalidInputError
        Naming every field that is missing, unknown or of a wrong value.

    Examples
    --------
    >>> class Wanted(msgspec.Struct, forbid_unknown_fields=True):
    ...     topic: str
    >>> decode(b'{"topic": 3}', Wanted)
    Traceback (most recent call last):
    mimawari.errors.InvalidInputError: topic: is 3; give a text
    """
    try:
        return msgspec.json.decode(data or b"{}", type=kind)
    except msgspec.ValidationError as error:
        raise InvalidInputError(*_problems(data, kind, str(error))) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInputError(NO_OBJECT) from error


def _problems(data: bytes, kind: type[msgspec.Struct], message: str) -> tuple[FieldProblem, ...]:
    """Name everything wrong with a body that is not of its type."""
    try:
        values = msgspec.json.decode(data or b"{}")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return (NO_OBJECT,)
    if not isinstance(values, dict):
        return (NO_OBJECT,)
    try:
        convert(values, kind)
    except InvalidInputError as error:
        return error.problems
    return (FieldProblem("body", message[:200], "use the types of the schema"),)
