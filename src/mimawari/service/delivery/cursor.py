"""Where a reader of the feed stands: a text that no reader has to understand."""

from __future__ import annotations

import base64
import binascii

import msgspec

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.service.delivery.sealed_events import environment, sealed_size

FIELD = "after"
START_ANEW = "leave it out to read from the beginning"


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """A place in the ledger of one environment."""

    version: int
    environment: str
    place: int


def written(place: int) -> str:
    """Write a place of this environment."""
    return _text(Cursor(1, environment(), place))


def read(text: str) -> int:
    """Read a place; the beginning where the text is empty.

    Raises
    ------
    InvalidInputError
        It is no cursor, one of another environment, or of a ledger that went on longer.
    """
    if not text:
        return 0
    cursor, here = _parsed(text), environment()
    if cursor.environment != here:
        problem = f"is of the environment {cursor.environment[:80]!r}, and this is {here!r}"
        raise InvalidInputError(FieldProblem(FIELD, problem, START_ANEW))
    size = sealed_size()
    if not 0 <= cursor.place <= size:
        problem = f"is at {cursor.place}, and the ledger ends at {size}"
        remedy = "the store was put back to an earlier state: read again from the beginning"
        raise InvalidInputError(FieldProblem(FIELD, problem, remedy))
    return cursor.place


def _text(cursor: Cursor) -> str:
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(cursor)).decode().rstrip("=")


def _parsed(text: str) -> Cursor:
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
        cursor = msgspec.msgpack.decode(data, type=Cursor)
    except (binascii.Error, ValueError, msgspec.DecodeError):
        raise InvalidInputError(FieldProblem(FIELD, "is no cursor", START_ANEW)) from None
    if cursor.version != 1:
        problem = "was written by another version of mimawari"
        raise InvalidInputError(FieldProblem(FIELD, problem, START_ANEW))
    return cursor
