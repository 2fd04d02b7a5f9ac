"""One request of the API before anybody sends it: what both clients have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import quote, urlencode

import httpx
import msgspec

from mimawari.client.reading import decoded, lines_of
from mimawari.errors import FieldProblem, InvalidInputError

T = TypeVar("T")
NO_CONTENT = 204


@dataclass(frozen=True, slots=True)
class Asked(Generic[T]):
    """A request and how its answer is read.

    Parameters
    ----------
    once
        Whether the server might do it twice if it were sent twice; then it is sent again only
        where it surely was not taken.
    """

    method: str
    path: str
    body: bytes | None
    once: bool
    read: Callable[[httpx.Response], T]


def address(
    template: str, parts: Mapping[str, str | int], query: Mapping[str, object] | None = None
) -> str:
    """Fill in a path; of the query what is given.

    Examples
    --------
    >>> address("/models/{version}/card", {"version": "a/b"}, {"limit": 2, "topic": None})
    '/models/a%2Fb/card?limit=2'
    """
    try:
        path = template.format(**{name: quote(str(part), safe="") for name, part in parts.items()})
        given = {name: value for name, value in (query or {}).items() if value not in (None, "")}
        return f"{path}?{urlencode(given)}" if given else path
    except UnicodeEncodeError as error:
        raise _half_a_pair("address") from error


def body_of(values: Mapping[str, object]) -> bytes:
    """Write what is given of a body."""
    return _json({name: value for name, value in values.items() if value is not None})


def body_lines(values: Iterable[object]) -> bytes:
    """Write a body of one object a line."""
    return b"\n".join(_json(value) for value in values)


def one(kind: type[T]) -> Callable[[httpx.Response], T]:
    """Read an object."""
    return lambda answer: decoded(answer, kind)


def one_or_none(kind: type[T]) -> Callable[[httpx.Response], T | None]:
    """Read an object, or nothing where there is none."""
    return lambda answer: None if answer.status_code == NO_CONTENT else decoded(answer, kind)


def many(kind: type[T]) -> Callable[[httpx.Response], list[T]]:
    """Read an object a line."""
    return lambda answer: lines_of(answer, kind)


def text(answer: httpx.Response) -> str:
    """Read a text."""
    return answer.text


def _json(value: object) -> bytes:
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError as error:
        raise _half_a_pair("body") from error


def _half_a_pair(where: str) -> InvalidInputError:
    problem, remedy = "holds half of a surrogate pair", "give whole characters"
    return InvalidInputError(FieldProblem(where, problem, remedy))
