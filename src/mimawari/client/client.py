"""A small synchronous client; repeats what a server asks to be repeated."""

from __future__ import annotations

import time
from itertools import islice
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote, urlsplit

import httpx
import msgspec

from mimawari.client.answers import Checked, ListingHistory, Reviewed, ReviewItem
from mimawari.errors import FieldProblem, InvalidInputError, MimawariError
from mimawari.listings.decoding import shape_problems
from mimawari.listings.validation import validate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import TracebackType

    from mimawari.listings.listing import Listing

RETRIED = frozenset({429, 503})
LONGEST_WAIT = 60.0
FAILED, REJECTED = "failed", "rejected"

Answer = TypeVar("Answer")


class ServerError(MimawariError):
    """The server could not do it, or could not be reached, after every repetition."""


class LineAnswer(msgspec.Struct):
    """What became of one listing of many: accepted, duplicate, stale, rejected or failed."""

    line: int
    status: str
    listing_id: str | None = None
    version: int | None = None
    problems: list[dict[str, str]] = []


class _Taken(msgspec.Struct):
    status: str


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
        _refuse_odd(base_url, api_key)
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
        body = _encoded(listing)
        return _decode(self._ask("POST", "/api/v1/listings", body), _Taken).status

    def submit_many(self, listings: Iterable[Listing], group: int = 1_000) -> Iterator[LineAnswer]:
        """Send listings in groups; yields an answer for each, counted from 1, in order."""
        source, sent = iter(listings), 0
        while many := list(islice(source, group)):
            for answer in self._group(many):
                answer.line += sent
                yield answer
            sent += len(many)

    def _group(self, many: list[Listing]) -> list[LineAnswer]:
        """Send one group; lines that the store did not keep are sent again.

        A listing that cannot be written as JSON is answered here, and the others are sent.
        """
        answers: dict[int, LineAnswer] = {}
        bodies: dict[int, bytes] = {}
        for i, listing in enumerate(many):
            try:
                bodies[i] = _encoded(listing)
            except InvalidInputError as error:
                answers[i] = LineAnswer(i + 1, REJECTED, problems=_plain(error))
        left = list(bodies)
        for attempt in range(self._repeats + 1):
            if not left:
                break
            if attempt:
                self._sleep(_backoff(attempt - 1))
            body = b"\n".join(bodies[i] for i in left)
            lines = _lines(self._ask("POST", "/api/v1/listings:batch", body))
            if [answer.line for answer in lines] != list(range(1, len(left) + 1)):
                raise ServerError(
                    f"the server answered {len(lines)} of {len(left)} lines; send them again"
                )
            for i, answer in zip(left, lines, strict=True):
                answer.line = i + 1
                answers[i] = answer
            left = [i for i in left if answers[i].status == FAILED]
        return [answers[i] for i in range(len(many))]

    def check(self, listing: Listing) -> Checked:
        """Score a listing now: ``topics``, highest score first, with rules and reasons."""
        answer = self._ask("POST", "/api/v1/check", _encoded(listing))
        return _decode(answer, Checked)

    def get(self, listing_id: str, before: int | None = None) -> ListingHistory | None:
        """Give what happened to a listing, the newest versions first; None if it is unknown.

        Parameters
        ----------
        before
            Only versions older than this one: ``next_before`` of the answer before.
        """
        try:
            path = f"/api/v1/listings/{quote(listing_id, safe='')}"
        except UnicodeEncodeError as error:
            problem = f"holds half of a surrogate pair at character {error.start}"
            raise InvalidInputError(FieldProblem("id", problem, "give whole characters")) from error
        path += "" if before is None else f"?before={before}"
        answer = self._ask("GET", path, None, missing=True)
        return None if answer.status_code == 404 else _decode(answer, ListingHistory)

    def next_review(self, topic: str | None = None) -> ReviewItem | None:
        """Lease the next item for the key's moderator; None where nothing waits.

        Until it is decided, the same item is given again.
        """
        body = msgspec.json.encode({} if topic is None else {"topic": topic})
        answer = self._ask("POST", "/api/v1/reviews:next", body)
        return None if answer.status_code == 204 else _decode(answer, ReviewItem)

    def review(
        self, alert: int, verdict: str, seconds: float = 0.0, clause: str = "", note: str = ""
    ) -> Reviewed:
        """Decide on an item: ``violates``, ``does_not_violate`` or ``cannot_tell``.

        Parameters
        ----------
        clause
            Key of what a violation breaks, one of the item's ``clauses``.

        Raises
        ------
        InvalidInputError
            Where the verdict or the clause is unknown, or the item is closed or another's by now.
        """
        judgement = {"verdict": verdict, "seconds": seconds, "clause": clause, "note": note}
        body = msgspec.json.encode(
            {name: value for name, value in judgement.items() if value != ""}
        )
        return _decode(self._ask("POST", f"/api/v1/reviews/{alert}", body), Reviewed)

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
                self._sleep(_backoff(attempt))
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


def _refuse_odd(base_url: str, api_key: str) -> None:
    """Refuse at once what no request could be made with."""
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        problem, remedy = f"is {base_url[:80]!r}", "write it as http://127.0.0.1:8000"
        raise InvalidInputError(FieldProblem("base_url", problem, remedy))
    if not api_key.isascii() or not api_key.isprintable():
        remedy = "give the text that 'mimawari keys create' showed"
        raise InvalidInputError(FieldProblem("api_key", "holds characters of no key", remedy))


def _encoded(listing: Listing) -> bytes:
    """Write a listing as JSON; what cannot be is told by field, as the server would."""
    try:
        return msgspec.json.encode(listing)
    except (UnicodeEncodeError, TypeError) as error:
        problems = shape_problems(msgspec.structs.asdict(listing)) or validate(listing)
        unnamed = FieldProblem("listing", str(error)[:120], "use the schema's types")
        raise InvalidInputError(*(problems or [unnamed])) from error


def _plain(error: InvalidInputError) -> list[dict[str, str]]:
    return [{"field": p.field, "problem": p.problem, "remedy": p.remedy} for p in error.problems]


def _backoff(attempt: int) -> float:
    """Seconds to wait where the server names none: doubling from a quarter."""
    return min(LONGEST_WAIT, 2.0**attempt / 4)


def _seconds(answer: httpx.Response, attempt: int) -> float:
    """Seconds to wait: what the server asks (in seconds, at most a minute), else the backoff."""
    asked = answer.headers.get("retry-after", "")
    if asked.isascii() and asked.isdigit():
        return min(LONGEST_WAIT, float(asked))
    return _backoff(attempt)


def _decode(answer: httpx.Response, kind: type[Answer]) -> Answer:
    try:
        return msgspec.json.decode(answer.content, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _unclear(answer) from error


def _lines(answer: httpx.Response) -> list[LineAnswer]:
    try:
        return msgspec.json.Decoder(LineAnswer).decode_lines(answer.content)
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
