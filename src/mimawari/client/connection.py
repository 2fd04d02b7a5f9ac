"""A connection to one server with one key, which repeats what it asks to be repeated."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

import httpx
import msgspec

from mimawari.errors import FieldProblem, InvalidInputError, MimawariError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

RETRIED = frozenset({429, 503})
LONGEST_WAIT = 60.0

Answer = TypeVar("Answer")


class ServerError(MimawariError):
    """The server could not do it, or could not be reached, after every repetition."""


class Connection:
    """Sends requests, and turns refusals into errors; see `Client` for the parameters."""

    def __init__(
        self,
        base_url: str,
        api_key: str,
        repeats: int = 5,
        timeout: float = 60.0,
        sleep: Callable[[float], object] = time.sleep,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        _refuse_odd(base_url, api_key)
        self.repeats = repeats
        self.sleep = sleep
        self._http = httpx.Client(
            base_url=base_url,
            headers={"Authorization": f"Bearer {api_key}"},
            timeout=timeout,
            transport=transport,
        )

    def ask(
        self, method: str, path: str, body: bytes | None, missing: bool = False
    ) -> httpx.Response:
        """Send a request, again where it is to be repeated.

        Parameters
        ----------
        missing
            Whether 404 is an answer, and no refusal.
        """
        for attempt in range(self.repeats + 1):
            last = attempt == self.repeats
            try:
                answer = self._http.request(method, path, content=body)
            except httpx.TransportError as error:
                if last:
                    raise ServerError(f"{method} {path}: {error}") from error
                self.sleep(backoff(attempt))
                continue
            if answer.status_code not in RETRIED or last:
                return _checked(answer, missing)
            self.sleep(_seconds(answer, attempt))
        raise AssertionError  # the loop returns or raises

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()


def _refuse_odd(base_url: str, api_key: str) -> None:
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


def _checked(answer: httpx.Response, missing: bool) -> httpx.Response:
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
