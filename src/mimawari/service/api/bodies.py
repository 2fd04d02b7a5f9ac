"""Bodies of requests: bounded, decoded into a type, problems named by field."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

import msgspec

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.records.fields import convert
from mimawari.service.api.batch import MOST_LINE
from mimawari.service.api.budget import Patience, TooLargeError, declared_size

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from starlette.requests import Request

    from mimawari.service.api.budget import Loan

JSON, NDJSON = "application/json", "application/x-ndjson"
B = TypeVar("B", bound=msgspec.Struct)
NO_OBJECT = FieldProblem("body", "is no JSON object in UTF-8", "write one JSON object")


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

    async def read(self, request: Request, loan: Loan) -> B:
        """Read and decode the body of a request; nothing is read where none is declared."""
        if not self.bounded:
            return self.example
        data = await body_of(request, loan)
        async with loan.turn():
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

    async def read(self, _request: Request, _loan: Loan) -> B:
        """Leave the body to the handler."""
        return self.example


NO_BODY = Body(Nothing, Nothing())


async def body_of(request: Request, loan: Loan) -> bytes:
    """Read a body, at most `MOST_LINE` bytes, as a loan of what all requests may hold."""
    parts = []
    async for part in parts_of(request, MOST_LINE):
        loan.take(len(part))
        parts.append(part)
    return b"".join(parts)


async def parts_of(request: Request, most: int) -> AsyncIterator[bytes]:
    """Yield a body as it comes.

    Raises
    ------
    TooLargeError
        It is over so many bytes, as its headers say or as it turns out.
    SlowError
        It does not come.
    """
    if declared_size(request.scope["headers"]) > most:
        raise TooLargeError(most)
    patience, coming, size = Patience(), request.stream(), 0
    while True:
        try:
            part = await patience.wait(anext(coming))
        except StopAsyncIteration:
            return
        size += len(part)
        if size > most:
            raise TooLargeError(most)
        patience.received(len(part))
        yield part


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
