"""Strikes as decisions on many listings give them and take them back, one after the other."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from mimawari.records.action import ActionKind, Origin, Passed, ThresholdDetails
from mimawari.service.actions.event_kinds import THRESHOLD, kind_of, strike_details
from mimawari.service.actions.models import Stage, Strike
from mimawari.service.actions.strike_totals import StrikeTotals
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
        self._totals = StrikeTotals(now)
        self._written: list[tuple[Strike, Ruling]] = []
        self._changes: list[Change] = []
        self._passed: list[tuple[Strike, Ruling, ThresholdDetails]] = []

    def read(self, sellers: Iterable[str]) -> None:
        """Add up what counts against sellers now."""
        self._totals.read(sellers)

    def give(self, ruling: Ruling) -> None:
        """Give a strike, and restrict the seller where there are enough."""
        policy, severity, version = ruling.policy.strikes, ruling.severity, ruling.version
        weight = weight_of(ruling)
        if policy is None or not weight:
            return
        dry_run = is_dry(ruling.policy.actions)
        self._totals.add(version.seller_id, dry_run, weight)
        total = self._totals.of(version.seller_id, dry_run)
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
        self._keep(ruling, total, dry_run)
        restricts = not self._is_restricted(ruling, dry_run)
        if restricts:
            self._changes.append(_restriction(ruling, policy, dry_run))
        if restricts or total - weight < policy.restrict_at:
            self._pass(strike, ruling, policy.restrict_at, Passed.REACHED)

    def _keep(self, ruling: Ruling, total: int, dry_run: bool) -> None:
        """Propose no more to lift restrictions whose strikes are enough again."""
        settled = {change.reverses for change in self._changes}
        self._changes += [
            reversal(row, ruling.principal, decision=ruling.decision)
            for row in self._board.restrictions(ruling.version)
            if row.lifts
            and row.dry_run == dry_run
            and (row.action.threshold or 0) <= total
            and row.action not in settled
        ]

    def _pass(self, strike: Strike, ruling: Ruling, threshold: int, passed: Passed) -> None:
        details = ThresholdDetails(
            topic=strike.topic,
            threshold=threshold,
            passed=passed,
            total=strike.total,
            dry_run=strike.dry_run,
        )
        self._passed.append((strike, ruling, details))

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
        self._totals.add(version.seller_id, dry_run, -strike.weight)
        total = self._totals.of(version.seller_id, dry_run)
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
        rows = [
            row
            for row in self._board.restrictions(version)
            if row.dry_run == dry_run
            and (row.action.threshold or 0) > total
            and row.action not in lifted
        ]
        for row in rows:
            change = reversal(row, ruling.principal, decision=ruling.decision)
            self._changes.append(change)
            if not row.lifts:
                self._pass(opposite, ruling, row.action.threshold or 0, Passed.LEFT)

    def write(self) -> None:
        """Record what was given and taken back, each with its event, and what follows."""
        if not self._written:
            return
        Strike.objects.bulk_create([strike for strike, _ in self._written])
        given = [
            prepared(kind_of(strike), strike.pk, ruling.principal, strike_details(strike))
            for strike, ruling in self._written
        ]
        passed = [
            prepared(THRESHOLD, strike.pk, ruling.principal, details)
            for strike, ruling, details in self._passed
        ]
        Event.objects.bulk_create([*given, *passed])
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
