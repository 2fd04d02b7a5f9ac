"""Strikes against sellers: one a listing and topic, for a time; enough of them restrict."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
from django.db.models import Sum

from mimawari.records.action import ActionKind, Origin
from mimawari.service.actions.event_kinds import kind_of, strike_details
from mimawari.service.actions.models import Stage, Strike
from mimawari.service.actions.ruling import Finding
from mimawari.service.actions.writing import Change, is_dry, reversal, write
from mimawari.service.audit.record import record

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from mimawari.service.actions.board import Board
    from mimawari.service.actions.ruling import Ruling


def follow(board: Board, ruling: Ruling, now: datetime) -> None:
    """Give the seller a strike for what was decided, or take it back; restrict, or lift that.

    The board holds the seller's lock: of two decisions at once the second counts both.
    """
    if ruling.finding in (Finding.UNCONFIRMED, Finding.DISPUTED):
        return
    version = ruling.version
    given = Strike.objects.filter(
        listing_version__listing_id=version.listing_id,
        topic=ruling.topic,
        reverses=None,
        reversed_by=None,
        expires_at__gt=now,
    )
    if ruling.finding == Finding.VIOLATES:
        if version.seller_id and not given.exists():
            _give(board, ruling, now)
        return
    for strike in given.filter(listing_version__version__lte=version.version):
        _take_back(board, ruling, strike, now)


def standing(seller: str, now: datetime) -> QuerySet[Strike]:
    """Give the strikes that count against a seller now."""
    return Strike.objects.filter(
        listing_version__seller_id=seller, reverses=None, reversed_by=None, expires_at__gt=now
    )


def total_of(seller: str, now: datetime, dry_run: bool = False) -> int:
    """Add up the strikes of a seller; those of dry runs count in dry runs only."""
    counted = standing(seller, now)
    if not dry_run:
        counted = counted.filter(dry_run=False)
    total: int | None = counted.aggregate(total=Sum("weight"))["total"]
    return total or 0


def _give(board: Board, ruling: Ruling, now: datetime) -> None:
    policy, severity, version = ruling.policy.strikes, ruling.severity, ruling.version
    weight = policy.weights.get(severity, 0) if policy else 0
    if policy is None or not weight:
        return
    dry_run = is_dry(ruling.policy.actions)
    total = total_of(version.seller_id, now, dry_run) + weight
    strike = Strike(
        listing_version=version,
        topic=ruling.topic,
        severity=severity.value,
        weight=weight,
        decision=ruling.followed,
        dry_run=dry_run,
        total=total,
        at=now,
        expires_at=now + timedelta(days=policy.expires_days),
    )
    _save(strike, ruling)
    restricted = any(
        row.topic == ruling.topic and row.action.threshold is not None and row.dry_run == dry_run
        for row in board.restrictions()
    )
    here = board.of(version.listing_id, ruling.topic, ActionKind.RESTRICT.target)
    if policy.restrict_at is None or total < policy.restrict_at or restricted or here:
        return
    change = Change(
        version=version,
        topic=ruling.topic,
        policy_version=ruling.policy_version,
        kind=ActionKind.RESTRICT,
        origin=Origin.AUTOMATIC if policy.automatic else Origin.PROPOSED,
        stage=Stage.IN_FORCE if policy.automatic else Stage.PROPOSED,
        principal=ruling.principal,
        dry_run=dry_run,
        severity=severity.value,
        clauses=ruling.clauses,
        alert=ruling.alert,
        decision=ruling.followed,
        threshold=policy.restrict_at,
    )
    write(board, [change], now)


def _take_back(board: Board, ruling: Ruling, strike: Strike, now: datetime) -> None:
    seller = ruling.version.seller_id
    total = total_of(seller, now, strike.dry_run) - strike.weight
    opposite = Strike(
        listing_version=ruling.version,
        topic=strike.topic,
        severity=strike.severity,
        weight=strike.weight,
        decision=ruling.decision,
        reverses=strike,
        dry_run=strike.dry_run,
        total=max(0, total),
        at=now,
        expires_at=strike.expires_at,
    )
    _save(opposite, ruling)
    changes = [
        reversal(row, ruling.principal, decision=ruling.decision)
        for row in board.restrictions()
        if row.dry_run == strike.dry_run and (row.action.threshold or 0) > total
    ]
    write(board, changes, now)


def _save(strike: Strike, ruling: Ruling) -> None:
    strike.save(force_insert=True)
    record(kind_of(strike), strike.pk, ruling.principal, strike_details(strike))


class StrikeStanding(msgspec.Struct, frozen=True):
    """A strike that counts now, and the listing that it is for."""

    id: int
    listing: str
    topic: str
    severity: str
    weight: int
    decision: int
    dry_run: bool
    at: datetime
    expires_at: datetime


def listed(seller: str, now: datetime) -> list[StrikeStanding]:
    """Give the strikes that count against a seller now, newest first."""
    names = ("id", "listing_version__listing_id", "topic", "severity", "weight")
    rest = ("decision", "dry_run", "at", "expires_at")
    rows = standing(seller, now).order_by("-id").values_list(*names, *rest)
    return [StrikeStanding(*row) for row in rows]
