"""A small synchronous client; repeats what a server asks to be repeated."""

from __future__ import annotations

import time
from itertools import islice
from typing import TYPE_CHECKING, Any

import httpx
import msgspec

from mimawari.errors import FieldProblem, InvalidInputError, MimawariError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import TracebackType

    from mimawari.listings.listing import Listing

RETRIED = frozenset({429, 503})


class ServerError(MimawariError):
    """The server could not do it, or could not be reached, after every repetition."""


class LineAnswer(msgspec.Struct):
    """What became of one listing of many: accepted, duplicate, stale, rejected or failed."""

    line: int
    status: str
    listing_id: str | None = None
    version: int | None = None
    problems: list[dict[str, str]] = []


class Client:
    """Talks to one server with one key.

    Parameters
    ----------
    base_url, api_key
        Where, and the text that ``mimawari keys create`` showed.
    repeats
        How often a request is repeated that the server could not take (429, 503) or that
        did not reach it; harmless, since a listing version is taken once.
    sleep, transport
        For tests: how to wait, and what carries the requests.

    Examples
    --------
    >>> client = Client("http://127.0.0.1:8000", "mmw_...")  # doctest: +SKIP
    >>> client.check(listing)["topics"][0]["score"]          # doctest: +SKIP
    0.93
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        repeats: int = 5,
        timeout: float = 60.0,
        sleep: Callable[[float], object] = time.sleep,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._repeats = repeats
        self._sleep = sleep
        self._http = httpx.Client(
            base_url=base_url,
            headers={"Authorization": f"Bearer {api_key}"},
            timeout=timeout,
            transport=transport,
        )

    def submit(self, listing: Listing) -> str:
        """Send one listing version; gives ``accepted``, ``duplicate`` or ``stale``.

        Returns once the server holds it durably.
        """
        body = msgspec.json.encode(listing)
        return str(self._ask("POST", "/api/v1/listings", body).json()["status"])

    def submit_many(self, listings: Iterable[Listing], group: int = 1_000) -> Iterator[LineAnswer]:
        """Send listings in groups; yields an answer for each, counted from 1, in order."""
        source, sent = iter(listings), 0
        while many := list(islice(source, group)):
            body = b"\n".join(msgspec.json.encode(one) for one in many)
            answer = self._ask("POST", "/api/v1/listings:batch", body)
            for line in answer.content.splitlines():
                told = msgspec.json.decode(line, type=LineAnswer)
                told.line += sent
                yield told
            sent += len(many)

    def check(self, listing: Listing) -> dict[str, Any]:
        """Score a listing now: ``topics``, highest score first, with rules and reasons."""
        told: dict[str, Any] = self._ask(
            "POST", "/api/v1/check", msgspec.json.encode(listing)
        ).json()
        return told

    def get(self, listing_id: str) -> dict[str, Any] | None:
        """Give everything that happened to a listing; None if it is unknown."""
        answer = self._ask("GET", f"/api/v1/listings/{listing_id}", None, missing=True)
        return None if answer.status_code == 404 else answer.json()

    def _ask(
        self, method: str, path: str, body: bytes | None, missing: bool = False
    ) -> httpx.Response:
        for attempt in range(self._repeats + 1):
            last = attempt == self._repeats
            try:
                answer = self._http.request(method, path, content=body)
            except httpx.TransportError as error:
                if last:
                    raise ServerError(f"{method} {path}: {error}") from error
                self._sleep(2.0**attempt / 4)
                continue
            if answer.status_code not in RETRIED or last:
                return _checked(answer, missing)
            self._sleep(_seconds(answer, attempt))
        raise AssertionError  # the loop returns or raises

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()


def _seconds(answer: httpx.Response, attempt: int) -> float:
    """Seconds to wait: what the server asks, else doubling from a quarter."""
    asked = answer.headers.get("retry-after", "")
    return float(asked) if asked.isdigit() else 2.0**attempt / 4


def _checked(answer: httpx.Response, missing: bool) -> httpx.Response:
    if answer.is_success or (missing and answer.status_code == 404):
        return answer
    try:
        told = answer.json()["problems"]
        problems = [FieldProblem(p["field"], p["problem"], p["remedy"]) for p in told]
    except (ValueError, KeyError, TypeError):
        problems = []
    if answer.status_code < 500 and answer.status_code != 429 and problems:
        raise InvalidInputError(*problems)
    said = "; ".join(map(str, problems)) or answer.text[:200]
    raise ServerError(f"{answer.status_code}: {said}")
