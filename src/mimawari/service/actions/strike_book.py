"""Strikes as decisions on many listings give them and take them back, one after the other."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Sum

from mimawari.records.action import ActionKind, Origin
from mimawari.service.actions.event_kinds import kind_of, strike_details
from mimawari.service.actions.models import Stage, Strike
from mimawari.service.actions.writing import Change, is_dry, reversal, write
from mimawari.service.audit.models import Event
from mimawari.service.audit.record import prepared

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from mimawari.detectors.topicfile.schema import StrikePolicy
    from mimawari.service.actions.board import Board
    from mimawari.service.actions.ruling import Ruling


def weight_of(ruling: Ruling) -> int:
    """Give the weight of a strike for a violation; 0 where the policy gives none."""
    policy = ruling.policy.strikes
    return policy.weights.get(ruling.severity, 0) if policy else 0


class StrikeBook:
    """Strikes as they are given and taken back, one after the other; written at the end."""

    def __init__(self, board: Board, now: datetime) -> None:
        self._board, self._now = board, now
        self._weights: Counter[tuple[str, bool]] = Counter()
        self._written: list[tuple[Strike, Ruling]] = []
        self._changes: list[Change] = []

    def read(self, sellers: Iterable[str]) -> None:
        """Add up what counts against sellers now."""
        named = {seller for seller in sellers if seller}
        if not named:
            return
        rows = Strike.objects.filter(
            listing_version__seller_id__in=named,
            reverses=None,
            reversed_by=None,
            expires_at__gt=self._now,
        )
        sums = rows.order_by().values_list("listing_version__seller_id", "dry_run")
        for seller, dry_run, weight in sums.annotate(Sum("weight")):
            self._weights[seller, dry_run] = weight

    def _total(self, seller: str, dry_run: bool) -> int:
        """Give what counts; strikes of dry runs do in dry runs only."""
        total = self._weights[seller, False]
        return total + self._weights[seller, True] if dry_run else total

    def give(self, ruling: Ruling) -> None:
        """Give a strike, and restrict the seller where there are enough."""
        policy, severity, version = ruling.policy.strikes, ruling.severity, ruling.version
        weight = weight_of(ruling)
        if policy is None or not weight:
            return
        dry_run = is_dry(ruling.policy.actions)
        self._weights[version.seller_id, dry_run] += weight
        total = self._total(version.seller_id, dry_run)
        strike = Strike(
            listing_version=version,
            topic=ruling.topic,
            severity=severity.value,
            weight=weight,
            decision=ruling.followed,
            dry_run=dry_run,
            total=total,
            at=self._now,
            expires_at=self._now + timedelta(days=policy.expires_days),
        )
        self._written.append((strike, ruling))
        if policy.restrict_at is None or total < policy.restrict_at:
            return
        if not self._is_restricted(ruling, dry_run):
            self._changes.append(_restriction(ruling, policy, dry_run))

    def _is_restricted(self, ruling: Ruling, dry_run: bool) -> bool:
        """Whether strikes of the topic restrict the seller already, or the listing does."""
        version, topic = ruling.version, ruling.topic
        if self._board.of(version.listing_id, topic, ActionKind.RESTRICT.target):
            return True
        return any(
            row.topic == topic and row.action.threshold is not None and row.dry_run == dry_run
            for row in self._board.restrictions(version)
        ) or any(
            (change.version.seller_id, change.topic, change.dry_run)
            == (version.seller_id, topic, dry_run)
            for change in self._changes
        )

    def take_back(self, ruling: Ruling, strike: Strike) -> None:
        """Take a strike back, and lift the restrictions that it made."""
        version, dry_run = ruling.version, strike.dry_run
        total = self._total(version.seller_id, dry_run) - strike.weight
        self._weights[version.seller_id, dry_run] -= strike.weight
        opposite = Strike(
            listing_version=version,
            topic=strike.topic,
            severity=strike.severity,
            weight=strike.weight,
            decision=ruling.decision,
            reverses=strike,
            dry_run=dry_run,
            total=max(0, total),
            at=self._now,
            expires_at=strike.expires_at,
        )
        self._written.append((opposite, ruling))
        lifted = {change.reverses for change in self._changes}
        self._changes += [
            reversal(row, ruling.principal, decision=ruling.decision)
            for row in self._board.restrictions(version)
            if row.dry_run == dry_run
            and (row.action.threshold or 0) > total
            and row.action not in lifted
        ]

    def write(self) -> None:
        """Record what was given and taken back, each with its event, and what follows."""
        if not self._written:
            return
        Strike.objects.bulk_create([strike for strike, _ in self._written])
        Event.objects.bulk_create(
            prepared(kind_of(strike), strike.pk, ruling.principal, strike_details(strike))
            for strike, ruling in self._written
        )
        write(self._board, self._changes, self._now)


def _restriction(ruling: Ruling, policy: StrikePolicy, dry_run: bool) -> Change:
    return Change(
        version=ruling.version,
        topic=ruling.topic,
        policy_version=ruling.policy_version,
        kind=ActionKind.RESTRICT,
        origin=Origin.AUTOMATIC if policy.automatic else Origin.PROPOSED,
        stage=Stage.IN_FORCE if policy.automatic else Stage.PROPOSED,
        principal=ruling.principal,
        dry_run=dry_run,
        severity=ruling.severity.value,
        clauses=ruling.clauses,
        alert=ruling.alert,
        decision=ruling.followed,
        threshold=policy.restrict_at,
    )
