"""Trusted and exempt sellers: said by somebody, for a time, and read wherever it matters."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from django.db import transaction
from django.db.models import Count, Exists, Max, OuterRef, Q

from mimawari.detectors.topicfile.schema import reaches
from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.records.standing import Standing
from mimawari.service.accounts.authority import authority_of, require
from mimawari.service.accounts.permissions import Permission
from mimawari.service.audit.erase import erase_events
from mimawari.service.audit.models import Event
from mimawari.service.audit.record import record
from mimawari.service.catalogue.event_kinds import SELLER_STANDING, standing_details
from mimawari.service.catalogue.models import SellerStanding, TopicFileVersion
from mimawari.service.platform import clock
from mimawari.service.platform.work_loop import WorkLoop
from mimawari.suggestions import nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from django.db.models import QuerySet

    from mimawari.records.principal import Principal

MOST_REASON = 1_000
ALL = ""
"""The topic of what is said of all topics."""


class Word(NamedTuple):
    """The last word on a seller and topic."""

    number: int
    standing: Standing
    expires_at: datetime | None

    def holds(self, now: datetime) -> bool:
        """Whether it makes a difference now."""
        expired = self.expires_at is not None and self.expires_at <= now
        return self.standing != Standing.CLEARED and not expired


class Standings:
    """What was said of some sellers.

    Of what was said of a topic and of all topics the later word counts, also one that clears.
    """

    def __init__(self, rows: Iterable[tuple[str, str, int, str, datetime | None]] = ()) -> None:
        self._words: dict[tuple[str, str], Word] = {}
        for seller, topic, number, standing, expires_at in rows:
            self._words[seller, topic] = Word(number, Standing(standing), expires_at)

    def __bool__(self) -> bool:
        return bool(self._words)

    def of(self, seller: str, topic: str, now: datetime) -> Standing | None:
        """Say how a seller stands in a topic; None where as anybody."""
        words = [self._words.get((seller, topic)), self._words.get((seller, ALL))]
        last = max((word for word in words if word is not None), default=None)
        return last.standing if last is not None and last.holds(now) else None


def spares(standing: Standing | None, score: float, trusted_from: float) -> bool:
    """Whether a listing of a seller is not alerted for its score.

    Examples
    --------
    >>> spares(None, 0.1, 0.5), spares(Standing.EXEMPT, 0.9, 0.5)
    (False, True)
    >>> spares(Standing.TRUSTED, 0.4, 0.5), spares(Standing.TRUSTED, 0.5, 0.5)
    (True, False)
    """
    if standing == Standing.TRUSTED:
        return not reaches(score, trusted_from)
    return standing == Standing.EXEMPT


def standings_of(sellers: Collection[str]) -> Standings:
    """Read what was said of sellers, with one query."""
    named = {seller for seller in sellers if seller}  # erased ones are nobody
    return _read(SellerStanding.objects.filter(seller_id__in=named)) if named else Standings()


def _read(rows: QuerySet[SellerStanding]) -> Standings:
    columns = ("seller_id", "topic", "pk", "standing", "expires_at")
    return Standings(rows.order_by("pk").values_list(*columns))


class Said(msgspec.Struct, frozen=True):
    """What policy says of a seller; without a topic of all."""

    seller: str
    topic: str | None
    standing: Standing
    at: datetime
    expires_at: datetime | None
    reason: str


def said(
    seller: str = "",
    *,
    only_in_force: bool = True,
    topics: Collection[str] | None = None,
    most: int = 100,
) -> list[Said]:
    """Give what was said of sellers, or of one, the last word first.

    Parameters
    ----------
    topics
        The only ones to be seen, beside what is said of all; all where it is None.
    """
    rows = SellerStanding.objects.exclude(seller_id="")
    if seller:
        rows = rows.filter(seller_id=seller)
    if topics is not None:
        rows = rows.filter(topic__in=[*topics, ALL])
    if only_in_force:
        later = SellerStanding.objects.filter(
            seller_id=OuterRef("seller_id"), pk__gt=OuterRef("pk")
        )
        replaced = Exists(later.filter(Q(topic=ALL) | Q(topic=OuterRef("topic"))))
        now = clock.database_now()
        rows = rows.exclude(standing=Standing.CLEARED.value).exclude(expires_at__lte=now)
        rows = rows.exclude(replaced)
    return [
        Said(
            row.seller_id,
            row.topic or None,
            Standing(row.standing),
            row.at,
            row.expires_at,
            row.reason,
        )
        for row in rows.order_by("-pk")[:most]
    ]


class StandingFollower(WorkLoop):
    """Holds what was said of all sellers, for a process that must not ask the store each time."""

    trouble = "what policy says of sellers could not be read; what was read before counts"

    def __init__(self) -> None:
        super().__init__(idle_seconds=0.5)
        self.standings = Standings()
        self._seen: tuple[int, int] = (0, 0)

    def turn(self) -> bool:
        """Look for news; then pause."""
        self.refresh()
        return False

    def refresh(self) -> None:
        """Read all anew where there is more: a lower number may be committed later."""
        told = SellerStanding.objects.aggregate(rows=Count("pk"), newest=Max("pk"))
        seen = (told["rows"], told["newest"] or 0)
        if seen != self._seen:
            self.standings, self._seen = _read(SellerStanding.objects.all()), seen


def say(
    seller: str,
    standing: Standing,
    topics: Collection[str],
    principal: Principal,
    reason: str,
    expires_at: datetime | None = None,
) -> list[SellerStanding]:
    """Record how a seller stands in some topics, or in all where none is named.

    Raises
    ------
    InvalidInputError
        Seller or reason are empty, a topic is unknown, or the end lies in the past.
    ForbiddenError
        The principal may not, or not for one of the topics.
    """
    named = sorted(set(topics))
    require(principal, Permission.POLICY, *named)
    if not named:
        _require_all(principal)
    with transaction.atomic():
        now = clock.database_now()
        _check(seller, named, reason, expires_at, now)
        return [
            _write(seller, topic, standing, principal, reason.strip(), expires_at, now)
            for topic in named or [ALL]
        ]


def _require_all(principal: Principal) -> None:
    if authority_of(principal).topics is not None:
        remedy = "name topics of yours: --topic"
        raise InvalidInputError(FieldProblem("topic", "is missing", remedy))


def _check(
    seller: str, topics: list[str], reason: str, expires_at: datetime | None, now: datetime
) -> None:
    problems = []
    if not seller.strip() or "\0" in seller:
        problems.append(FieldProblem("seller", "is empty", "give it as listings name it"))
    if not reason.strip() or len(reason) > MOST_REASON:
        problem = f"is over {MOST_REASON:,} characters" if reason.strip() else "is empty"
        problems.append(FieldProblem("reason", problem, "say why, shortly; the ledger keeps it"))
    known = set(TopicFileVersion.objects.order_by().values_list("topic", flat=True).distinct())
    for topic in topics:
        if topic not in known:
            near = nearest(topic, known)
            remedy = f"did you mean {near!r}?" if near else "see 'mimawari topics list'"
            problems.append(FieldProblem("topic", f"{topic[:40]!r} is unknown", remedy))
    if expires_at is not None and expires_at <= now:
        problems.append(FieldProblem("until", "is over already", "give a time to come"))
    if problems:
        raise InvalidInputError(*problems)


def _write(
    seller: str,
    topic: str,
    standing: Standing,
    principal: Principal,
    reason: str,
    expires_at: datetime | None,
    now: datetime,
) -> SellerStanding:
    row = SellerStanding(
        seller_id=seller,
        topic=topic,
        standing=standing.value,
        expires_at=expires_at,
        reason=reason,
        at=now,
    )
    row.save(force_insert=True)
    record(SELLER_STANDING, row.pk, principal, standing_details(row))
    return row


def erase_standings(seller: str, principal: Principal, reason: str) -> int:
    """Take a seller out of recorded policy, within the caller's transaction; gives how often."""
    rows = SellerStanding.objects.filter(seller_id=seller)
    numbers = [str(number) for number in rows.values_list("pk", flat=True)]
    if numbers:
        told = Event.objects.filter(kind=SELLER_STANDING.name, subject__in=numbers)
        events = list(told.values_list("pk", flat=True))
        rows.update(seller_id="", reason="")
        erase_events(events, principal, reason)
    return len(numbers)
