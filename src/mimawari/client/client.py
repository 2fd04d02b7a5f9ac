"""A small synchronous client; repeats what a server asks to be repeated."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode
from uuid import uuid4

import msgspec

from mimawari.client.alarms import Alarms
from mimawari.client.answers import (
    Campaign,
    Campaigns,
    Checked,
    DecisionGroup,
    EdgeCase,
    EdgeCases,
    Ended,
    FoundPage,
    ListingHistory,
    Reviewed,
    ReviewItem,
    Undone,
)
from mimawari.client.connection import ServerError, backoff, decoded, lines_of
from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.listings.decoding import shape_problems
from mimawari.listings.validation import validate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mimawari.listings.listing import Listing

FAILED, REJECTED = "failed", "rejected"


class LineAnswer(msgspec.Struct):
    """What became of one listing of many: accepted, duplicate, stale, rejected or failed."""

    line: int
    status: str
    listing_id: str | None = None
    version: int | None = None
    problems: list[dict[str, str]] = []


class _Taken(msgspec.Struct):
    status: str


class Client(Alarms):
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

    def submit(self, listing: Listing) -> str:
        """Send one listing version; gives ``accepted``, ``duplicate`` or ``stale``.

        Returns once the server holds it durably.
        """
        body = _encoded(listing)
        return decoded(self.ask("POST", "/api/v1/listings", body), _Taken).status

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
        for attempt in range(self.repeats + 1):
            if not left:
                break
            if attempt:
                self.sleep(backoff(attempt - 1))
            body = b"\n".join(bodies[i] for i in left)
            lines = lines_of(self.ask("POST", "/api/v1/listings:batch", body), LineAnswer)
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
        answer = self.ask("POST", "/api/v1/check", _encoded(listing))
        return decoded(answer, Checked)

    def get(self, listing_id: str, before: int | None = None) -> ListingHistory | None:
        """Give what happened to a listing, the newest versions first; None if it is unknown.

        Parameters
        ----------
        before
            Only versions older than this one: ``next_before`` of the answer before.
        """
        path = f"/api/v1/listings/{_quoted(listing_id)}"
        path += "" if before is None else f"?before={before}"
        answer = self.ask("GET", path, None, missing=True)
        return None if answer.status_code == 404 else decoded(answer, ListingHistory)

    def search(self, after: str = "", limit: int = 25, **filters: str) -> FoundPage:
        """Find listing versions, newest first.

        Parameters
        ----------
        after
            ``next`` of the page before, with the same filters.
        filters
            ``text``, ``seller``, ``topic``, ``verdict``, ``moderator``, ``action``, ``first_day``
            and ``last_day``; all that are given must hold.
        """
        asked = {"after": after, "limit": str(limit), **filters}
        query = urlencode({name: value for name, value in asked.items() if value})
        return decoded(self.ask("GET", f"/api/v1/listings?{query}", None), FoundPage)

    def ended(
        self, listing_id: str, reason: str, ended_at: str = "", version: int | None = None
    ) -> Ended:
        """Say that a listing is no longer offered: ``sold``, ``withdrawn`` or ``removed``.

        Parameters
        ----------
        ended_at
            When, with its offset from UTC; now where it is empty.
        version
            Which version ended; the newest where it is None.
        """
        report = {"reason": reason, "ended_at": ended_at, "version": version}
        path = f"/api/v1/listings/{_quoted(listing_id)}/ended"
        return decoded(self.ask("POST", path, _given(report)), Ended)

    def ended_many(
        self, reports: Iterable[tuple[str, str]], group: int = 1_000
    ) -> Iterator[LineAnswer]:
        """Say of many listings, by identifier and reason, that they are no longer offered.

        Yields an answer for each, counted from 1, in order.
        """
        source, sent = iter(reports), 0
        while many := list(islice(source, group)):
            lines = [_given({"id": listing_id, "reason": reason}) for listing_id, reason in many]
            answer = self.ask("POST", "/api/v1/listings:ended", b"\n".join(lines))
            for line in lines_of(answer, LineAnswer):
                line.line += sent
                yield line
            sent += len(many)

    def decide(
        self,
        topic: str,
        verdict: str,
        listings: Iterable[tuple[str, int]],
        *,
        clause: str = "",
        note: str = "",
        key: str = "",
        policy_version: int | None = None,
    ) -> DecisionGroup:
        """Decide on listings that were found, 100 at most, with or without an alert.

        Parameters
        ----------
        verdict
            ``violates`` or ``does_not_violate``.
        listings
            Identifier and version of each, as they were looked at; what was edited, ended or
            decided since is among ``refused``, with why.
        key
            Names the request: sent again under it, nothing is decided twice. One is made where it
            is empty, which holds for the repetitions of this call.
        """
        asked = {
            "key": key or str(uuid4()),
            "topic": topic,
            "verdict": verdict,
            "listings": [
                {"id": listing_id, "version": version} for listing_id, version in listings
            ],
            "clause": clause,
            "note": note,
            "policy_version": policy_version,
        }
        return decoded(self.ask("POST", "/api/v1/decisions", _given(asked)), DecisionGroup)

    def decided(self, group: int) -> DecisionGroup | None:
        """Give what became of a request of the key's moderator; None if it is unknown."""
        answer = self.ask("GET", f"/api/v1/decisions/{group}", None, missing=True)
        return None if answer.status_code == 404 else decoded(answer, DecisionGroup)

    def undo(self, group: int, decision: int | None = None) -> Undone:
        """Take back all that one request decided, or one decision of it."""
        path, body = f"/api/v1/decisions/{group}/undo", _given({"decision": decision})
        return decoded(self.ask("POST", path, body), Undone)

    def next_review(self, topic: str | None = None) -> ReviewItem | None:
        """Lease the next item for the key's moderator; None where nothing waits.

        Until it is decided, the same item is given again.
        """
        body = msgspec.json.encode({} if topic is None else {"topic": topic})
        answer = self.ask("POST", "/api/v1/reviews:next", body)
        return None if answer.status_code == 204 else decoded(answer, ReviewItem)

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
        return decoded(self.ask("POST", f"/api/v1/reviews/{alert}", body), Reviewed)

    def edge_cases(self, topic: str, ended: bool = False) -> list[EdgeCase]:
        """Give the edge cases of a topic, the newest first, 1,000 at most.

        Parameters
        ----------
        ended
            Whether those that judge no more are among them.
        """
        query = urlencode({"topic": topic, "ended": str(ended).lower(), "limit": "1000"})
        answer = self.ask("GET", f"/api/v1/edge-cases?{query}", None)
        return decoded(answer, EdgeCases)["edge_cases"]

    def add_edge_case(
        self, listing_id: str, topic: str, why: str, reason: str = "", verdict: str = ""
    ) -> EdgeCase:
        """Keep the newest version of a listing as an edge case of a topic.

        Parameters
        ----------
        why
            ``missed_violation``, ``false_alarm``, ``disagreement``, ``disguise`` or ``reported``.
        verdict
            ``violates`` or ``does_not_violate``, where no decision stands.
        """
        new = {"listing_id": listing_id, "topic": topic, "why": why}
        body = _given({**new, "reason": reason, "verdict": verdict})
        return decoded(self.ask("POST", "/api/v1/edge-cases", body), EdgeCase)

    def campaigns(self) -> list[Campaign]:
        """Give the newest campaigns for labels, 100 at most."""
        answer = self.ask("GET", "/api/v1/campaigns?limit=100", None)
        return decoded(answer, Campaigns)["campaigns"]

    def campaign(self, number: int) -> Campaign | None:
        """Give a campaign with what it ended with; None if it is unknown."""
        answer = self.ask("GET", f"/api/v1/campaigns/{number}", None, missing=True)
        return None if answer.status_code == 404 else decoded(answer, Campaign)


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


def _quoted(listing_id: str) -> str:
    """Write an identifier into an address."""
    try:
        return quote(listing_id, safe="")
    except UnicodeEncodeError as error:
        problem = f"holds half of a surrogate pair at character {error.start}"
        raise InvalidInputError(FieldProblem("id", problem, "give whole characters")) from error


def _given(values: Mapping[str, object]) -> bytes:
    """Write what is given of a body."""
    given = {name: value for name, value in values.items() if value not in ("", None)}
    try:
        return msgspec.json.encode(given)
    except UnicodeEncodeError as error:
        problem = "holds half of a surrogate pair"
        raise InvalidInputError(FieldProblem("body", problem, "give whole characters")) from error
