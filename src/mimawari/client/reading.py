"""Reads answers; refusals become errors that people can read. Nothing is sent here."""

from __future__ import annotations

from typing import TypeVar
from urllib.parse import urlsplit

import httpx
import msgspec

from mimawari.errors import FieldProblem, InvalidInputError, MimawariError

RETRIED = frozenset({429, 503})
LONGEST_WAIT = 60.0
# The server was not reached: nothing was taken.
NOT_REACHED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)

Answer = TypeVar("Answer")


class ServerError(MimawariError):
    """The server could not do it, or could not be reached, after every repetition."""


def wait_after(
    what: str, outcome: httpx.Response | httpx.TransportError, attempt: int, last: bool, once: bool
) -> float | None:
    """Say how many seconds to wait before a request is sent again; None where it is answered.

    Parameters
    ----------
    once
        Whether to send it again only where it surely was not taken.

    Raises
    ------
    ServerError
        It may not be sent again.
    """
    if isinstance(outcome, httpx.Response):
        again = outcome.status_code in RETRIED and not last
        return _seconds(outcome, attempt) if again else None
    if last:
        raise ServerError(f"{what}: {outcome}") from outcome
    if once and not isinstance(outcome, NOT_REACHED):
        raise ServerError(f"{what}: {outcome}; it may have been done: look before you repeat it")
    return backoff(attempt)


def refuse_odd(base_url: str, api_key: str) -> None:
    """Refuse at once what no request could be made with."""
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        problem, remedy = f"is {base_url[:80]!r}", "write it as http://127.0.0.1:8000"
        raise InvalidInputError(FieldProblem("base_url", problem, remedy))
    if not api_key.isascii() or not api_key.isprintable():
        remedy = "give the text that 'mimawari keys create' showed"
        raise InvalidInputError(FieldProblem("api_key", "holds characters of no key", remedy))


def backoff(attempt: int) -> float:
    """Seconds to wait where the server names none: doubling from a quarter."""
    return min(LONGEST_WAIT, 2.0**attempt / 4)


def _seconds(answer: httpx.Response, attempt: int) -> float:
    """Seconds to wait: what the server asks (in seconds, at most a minute), else the backoff."""
    asked = answer.headers.get("retry-after", "")
    if asked.isascii() and asked.isdigit():
        return min(LONGEST_WAIT, float(asked))
    return backoff(attempt)


def decoded(answer: httpx.Response, kind: type[Answer]) -> Answer:
    """Read an answer of one JSON object."""
    try:
        return msgspec.json.decode(answer.content, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _unclear(answer) from error


def lines_of(answer: httpx.Response, kind: type[Answer]) -> list[Answer]:
    """Read an answer of a JSON object a line."""
    try:
        return msgspec.json.Decoder(kind).decode_lines(answer.content)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _unclear(answer) from error


def _unclear(answer: httpx.Response) -> ServerError:
    return ServerError(
        f"{answer.status_code}: the answer is not one of this API ({answer.text[:80]!r}); "
        "check that the address is the server's"
    )


def checked(answer: httpx.Response, missing: bool = False) -> httpx.Response:
    """Give the answer back, or raise what it refuses.

    Parameters
    ----------
    missing
        Whether 404 is an answer, and no refusal.
    """
    if answer.is_success or (missing and answer.status_code == 404):
        return answer
    try:
        named = answer.json()["problems"]
        problems = [FieldProblem(p["field"], p["problem"], p["remedy"]) for p in named]
    except (ValueError, KeyError, TypeError, AttributeError):
        problems = []
    if answer.status_code < 500 and answer.status_code != 429 and problems:
        raise InvalidInputError(*problems)
    if not problems:
        raise _unclear(answer)
    raise ServerError(f"{answer.status_code}: {'; '.join(map(str, problems))}")
