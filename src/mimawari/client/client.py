"""A synchronous client of the API for marketplaces."""

from __future__ import annotations

import random
import time
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

import httpx
import msgspec

from mimawari.client.answers import Accepted, Checked, LineAnswer, RefusedError, UnreachableError
from mimawari.errors import FieldProblem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import TracebackType

    from mimawari.listings.listing import Listing

# 429: the server's queue is full; 503: its store or its topics are not ready.
LATER = (429, 503)
LONGEST_WAIT = 30.0
GROUP = 1_000
Told = TypeVar("Told")
NDJSON = {"Content-Type": "application/x-ndjson"}


class Client:
    """Sends listings to a server and reads what became of them.

    Every request may be repeated without harm, for a listing version is taken once: what
    answers 429 or 503, or does not answer, is sent again after ``Retry-After`` or after
    0.5, 1, 2 ... seconds, jittered.

    Parameters
    ----------
    base_url, api_key
        Address of the server; a key from ``mimawari keys create``.
    retries
        How often a request is sent again before giving up.
    timeout
        Seconds to wait for an answer.
    transport, sleep
        How requests travel, and how waits are spent.

    Examples
    --------
    >>> with Client("https://moderation.example", "key") as client:
    ...     client.base_url
    'https://moderation.example'
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        retries: int = 5,
        timeout: float = 60.0,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._retries, self._sleep = retries, sleep
        headers = {"Authorization": f"Bearer {api_key}"}
        self._http = httpx.Client(
            base_url=self.base_url, headers=headers, timeout=timeout, transport=transport
        )

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def submit(self, listing: Listing) -> Accepted:
        """Hand in one listing version; when this returns it is durable.

        Raises
        ------
        RefusedError
            The server refused it; holds the server's problems.
        UnreachableError
            No answer after all retries.
        """
        answer = self._send("POST", "/api/v1/listings", msgspec.json.encode(listing))
        return _decode(answer, Accepted)

    def submit_many(self, listings: Iterable[Listing]) -> Iterator[LineAnswer]:
        """Hand in listings in groups, and yield an answer for each, in order.

        ``line`` counts the listings from 1. A listing that is refused stops none of the
        others. Lines the store failed to keep are sent again; what still fails comes with
        the status ``failed``. It is lazy: iterate to send.
        """
        source, done = iter(listings), 0
        while group := list(islice(source, GROUP)):
            for i, one in enumerate(self._group(group), done + 1):
                one.line = i
                yield one
            done += len(group)

    def check(self, listing: Listing) -> Checked:
        """Score a listing now, without handing it in; raises as `submit` does."""
        answer = self._send("POST", "/api/v1/check", msgspec.json.encode(listing))
        return _decode(answer, Checked)

    def get(self, listing_id: str) -> dict[str, Any]:
        """Give all that happened to a listing; raises as `submit` does (404: unknown)."""
        answer = self._send("GET", f"/api/v1/listings/{quote(listing_id, safe='')}")
        return _decode(answer, dict[str, Any])

    def _group(self, group: list[Listing]) -> list[LineAnswer]:
        answers: dict[int, LineAnswer] = {}
        waiting = list(range(len(group)))
        for attempt in range(self._retries + 1):
            if attempt:
                self._sleep(_backoff(attempt - 1))
            lines = b"\n".join(msgspec.json.encode(group[i]) for i in waiting)
            body = self._send("POST", "/api/v1/listings:batch", lines, NDJSON)
            said = _decode_lines(body)
            if [one.line for one in said] != list(range(1, len(waiting) + 1)):
                raise _unclear(body, f"answered {len(said)} of {len(waiting)} lines")
            answers |= dict(zip(waiting, said, strict=True))
            waiting = [i for i in waiting if answers[i].status == "failed"]
            if not waiting:
                break
        return [answers[i] for i in range(len(group))]

    def _send(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        for attempt in range(self._retries + 1):
            last = attempt == self._retries
            try:
                answer = self._http.request(method, path, content=body, headers=headers)
            except httpx.TransportError as error:
                if last:
                    raise UnreachableError(
                        f"{self.base_url} did not answer {attempt + 1} times: {error}; "
                        "check the address and that the server runs"
                    ) from error
                self._sleep(_backoff(attempt))
                continue
            if answer.is_success:
                return answer
            if answer.status_code not in LATER or last:
                raise _refused(answer)
            self._sleep(_wait(answer, attempt))
        raise AssertionError("a loop of at least one turn returns or raises")


def _backoff(attempt: int) -> float:
    """Half to all of 0.5, 1, 2 ... seconds, so that clients do not come back together."""
    longest = min(LONGEST_WAIT, 0.5 * 2.0**attempt)
    return longest * random.uniform(0.5, 1.0)  # noqa: S311  # keeps no secret


def _wait(answer: httpx.Response, attempt: int) -> float:
    """Take the server's seconds; its date form is rare and falls back to the backoff."""
    said = answer.headers.get("Retry-After", "")
    if said.isascii() and said.isdigit():
        return min(float(said), LONGEST_WAIT)
    return _backoff(attempt)


def _refused(answer: httpx.Response) -> RefusedError:
    try:
        told = msgspec.json.decode(answer.content, type=dict[str, list[dict[str, str]]])
        problems = tuple(
            FieldProblem(one["field"], one["problem"], one["remedy"]) for one in told["problems"]
        )
    except (msgspec.DecodeError, KeyError):
        return _unclear(answer, answer.text[:200] or answer.reason_phrase)
    return RefusedError(answer.status_code, *problems)


def _unclear(answer: httpx.Response, said: str) -> RefusedError:
    problem = FieldProblem("answer", said, "check that the address is a mimawari server's")
    return RefusedError(answer.status_code, problem)


def _decode(answer: httpx.Response, kind: type[Told]) -> Told:
    try:
        return msgspec.json.decode(answer.content, type=kind)
    except msgspec.DecodeError as error:
        raise _unclear(answer, f"is not understood: {error}") from error


def _decode_lines(answer: httpx.Response) -> list[LineAnswer]:
    try:
        return msgspec.json.Decoder(LineAnswer).decode_lines(answer.content)
    except msgspec.DecodeError as error:
        raise _unclear(answer, f"is not understood: {error}") from error
