"""Golden items: cases of known verdict among a moderator's items, never shown as such."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from django.conf import settings
from django.db import transaction
from django.db.models import Q

from mimawari.alerts.exploration import chances
from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.service.accounts.authority import require
from mimawari.service.accounts.permissions import Permission
from mimawari.service.admission.models import Alert, AlertState, Purpose
from mimawari.service.admission.priorities import days_with_room, drawn, ordinary_priorities
from mimawari.service.audit.record import record
from mimawari.service.intake.models import ListingVersion, State
from mimawari.service.platform import clock
from mimawari.service.review.event_kinds import GOLDEN_ITEM, golden_details
from mimawari.service.review.models import Decision, GoldenItem, Verdict
from mimawari.service.scoring.columns import scores_by_topic

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

    from mimawari.records.principal import Principal

KNOWN = (Verdict.VIOLATES, Verdict.DOES_NOT_VIOLATE)


def add(listing_id: str, topic: str, expected: str, actor: Principal, reason: str) -> GoldenItem:
    """Make the newest scored version of a listing golden for a topic, or change its verdict.

    Raises
    ------
    InvalidInputError
        Where the listing was not scored, the topic not then in force, or the verdict is none.
    """
    problems = []
    scored_versions = ListingVersion.objects.filter(listing_id=listing_id).exclude(score=None)
    scored_versions = scored_versions.exclude(state=State.ERASED)
    version = scored_versions.select_related("score__generation").order_by("-version").first()
    if version is None:
        remedy = "send it to the intake first"
        problem = f"{listing_id!r} was never scored, or was erased"
        problems.append(FieldProblem("listing", problem, remedy))
    elif topic not in version.score.generation.manifest.topics:
        known = ", ".join(sorted(version.score.generation.manifest.topics))
        problem = f"{topic!r} was not in force when {listing_id!r} was scored"
        problems.append(FieldProblem("topic", problem, f"use {known}"))
    if expected not in KNOWN:
        problems.append(
            FieldProblem("verdict", f"{expected!r} is unknown", f"use {', '.join(KNOWN)}")
        )
    if problems or version is None:
        raise InvalidInputError(*problems)
    return _write(version.pk, topic, expected, actor, reason)


def retire(number: int, actor: Principal, reason: str) -> None:
    """Serve a golden item no more; what was judged of it stays.

    Raises
    ------
    InvalidInputError
        Where no such item stands.
    """
    item = next((item for item in items_in_use() if item.pk == number), None)
    if item is None:
        remedy = "see 'mimawari quality golden list'"
        raise InvalidInputError(FieldProblem("number", f"{number} is no golden item", remedy))
    _write(item.listing_version_id, item.topic, "", actor, reason)


def _write(version: int, topic: str, expected: str, actor: Principal, reason: str) -> GoldenItem:
    require(actor, Permission.GOLDEN, topic)
    with transaction.atomic():
        item = GoldenItem.objects.create(
            listing_version_id=version,
            topic=topic,
            expected=expected,
            actor=actor.name,
            reason=reason,
            added_at=clock.database_now(),
        )
        record(GOLDEN_ITEM, item.pk, actor, golden_details(item), reason)
    return item


def items_in_use(topic: str | None = None) -> list[GoldenItem]:
    """Give the items that stand, oldest first."""
    rows = GoldenItem.objects.select_related("listing_version").order_by("id")
    if topic is not None:
        rows = rows.filter(topic=topic)
    newest = {(row.listing_version_id, row.topic): row for row in rows}
    return sorted((row for row in newest.values() if row.expected), key=lambda row: row.pk)


def instead_of(alert: Alert, moderator: AbstractBaseUser) -> Alert | None:
    """Give a golden alert to be leased instead of the next one, at the rate of the setting.

    Of the same topic, and one whose listing the moderator has not judged; None mostly. It
    counts as a review of the day.
    """
    share = settings.CONFIG.golden_share
    if share <= 0:
        return None
    mine = Alert.objects.filter(purpose=Purpose.GOLDEN)
    mine = mine.filter(Q(leased_by_id=moderator.pk) | Q(decisions__moderator_id=moderator.pk))
    served = mine.distinct().count()
    secret = settings.SECRET_KEY.encode()
    turn = np.array([alert.pk], np.int64)
    if chances(secret, f"golden {moderator.pk} {served}", turn)[0] >= share:
        return None
    item = _unseen(alert.topic, moderator, secret)
    return None if item is None else _open(item)


def _unseen(topic: str, moderator: AbstractBaseUser, secret: bytes) -> GoldenItem | None:
    judged = Decision.objects.filter(moderator_id=moderator.pk, alert__topic=topic)
    waiting = Alert.objects.filter(topic=topic, leased_by_id=moderator.pk, state=AlertState.OPEN)
    seen = {
        *judged.values_list("alert__listing_version_id", flat=True),
        *waiting.values_list("listing_version_id", flat=True),
    }
    left = [
        item
        for item in items_in_use(topic)
        if item.listing_version_id not in seen and item.listing_version.state != State.ERASED
    ]
    if not left:
        return None
    order = chances(secret, f"golden order {moderator.pk}", np.array([item.pk for item in left]))
    return left[int(np.argmin(order))]


def _open(item: GoldenItem) -> Alert:
    now = clock.database_now()
    stored = scores_by_topic(item.listing_version.score).get(item.topic)
    score = stored.score if stored else 0.0
    return Alert.objects.create(
        listing_version_id=item.listing_version_id,
        topic=item.topic,
        day=days_with_room(item.topic, now)[0],
        purpose=Purpose.GOLDEN,
        score=score,
        priority=drawn(ordinary_priorities(item.topic, now.date()), score),
        created_at=now,
    )
