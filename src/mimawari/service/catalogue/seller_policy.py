"""Trusted and exempt sellers as recorded policy: by somebody, for a time, with a reason."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.records.standing import Standing
from mimawari.service.accounts.authority import authority_of, require
from mimawari.service.accounts.permissions import Permission
from mimawari.service.audit.erase import erase_events
from mimawari.service.audit.models import Event
from mimawari.service.audit.record import record
from mimawari.service.catalogue.event_kinds import SELLER_STANDING, standing_details
from mimawari.service.catalogue.models import SellerStanding, TopicFileVersion
from mimawari.service.catalogue.standings import ALL
from mimawari.service.platform import clock
from mimawari.suggestions import nearest

if TYPE_CHECKING:
    from collections.abc import Collection

    from mimawari.records.principal import Principal

MOST_REASON = 1_000


class RecordedStanding(msgspec.Struct, frozen=True):
    """How a seller stands; in all topics where it names none."""

    seller: str
    topic: str | None
    standing: Standing
    at: datetime
    expires_at: datetime | None
    reason: str


def recorded_standings(
    seller: str = "",
    *,
    only_in_force: bool = True,
    topics: Collection[str] | None = None,
    most: int = 100,
) -> list[RecordedStanding]:
    """Give how sellers stand, or one of them, what was recorded last first.

    Parameters
    ----------
    topics
        The only ones to be seen, beside what holds in all topics; any where it is None.
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
        RecordedStanding(
            row.seller_id,
            row.topic or None,
            Standing(row.standing),
            row.at,
            row.expires_at,
            row.reason,
        )
        for row in rows.order_by("-pk")[:most]
    ]


def record_standing(
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
        recorded = Event.objects.filter(kind=SELLER_STANDING.name, subject__in=numbers)
        events = list(recorded.values_list("pk", flat=True))
        rows.update(seller_id="", reason="")
        erase_events(events, principal, reason)
    return len(numbers)
