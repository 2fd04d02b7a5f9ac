"""Strikes whose time is over: each is recorded as expired once, and restrictions follow.

A strike stops counting by the clock, whether this has come to it or not. What is done here is to
say so, and to look at the restrictions that too few strikes are left for.
"""

from __future__ import annotations

import time
from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from mimawari.records.action import ActionKind, Origin, Passed, ThresholdDetails
from mimawari.service.actions.board import Board
from mimawari.service.actions.event_kinds import STRIKE_EXPIRY, THRESHOLD, expiry_details
from mimawari.service.actions.hiding import ACTIONS
from mimawari.service.actions.models import Stage, Strike, StrikeExpiry
from mimawari.service.actions.strike_totals import StrikeTotals
from mimawari.service.actions.writing import Change, reversal, write
from mimawari.service.audit.record import record_all
from mimawari.service.catalogue.topic_files import topic_file, topic_file_of
from mimawari.service.platform import clock
from mimawari.service.releases import generations

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from django.db.models import QuerySet

    from mimawari.service.actions.models import StandingAction

STRIKES = 200
"""Looked at in one turn; SQLite's one writer waits for the transaction."""
SECONDS = 2.0
# A strike counts for a day at least, so none is given that expired before the last look; but one
# may be committed a little after its time.
OVERLAP = timedelta(hours=1)


class StrikeExpirer:
    """Records what expired; any number may work beside each other.

    Begins with the oldest strike after a start, then goes on from where it was.
    """

    def __init__(self) -> None:
        self._since: datetime | None = None

    def work(self) -> None:
        """Record what is due, for a few seconds at most: other jobs wait."""
        until = time.monotonic() + SECONDS
        while self.turn() and time.monotonic() < until:
            pass

    def turn(self) -> int:
        """Record some of what is due; gives how many strikes that were."""
        now = clock.database_now()
        due = _due(now)
        if self._since is not None:
            due = due.filter(expires_at__gte=self._since)
        columns = due.order_by("expires_at", "pk").values_list("listing_version__seller_id")
        sellers = {seller for (seller,) in columns[:STRIKES]}
        if not sellers:
            self._since = now - OVERLAP
            return 0
        with transaction.atomic():
            return _expire(sellers, now)


def _due(now: datetime) -> QuerySet[Strike]:
    """Give strikes that are over and not recorded so; of an erased seller nothing follows."""
    over = Strike.objects.filter(expires_at__lte=now, reverses=None, reversed_by=None, expiry=None)
    return over.exclude(listing_version__seller_id="")


def _expire(sellers: Collection[str], now: datetime) -> int:
    """Record what expired of some sellers' strikes, within the caller's transaction."""
    board = Board([], sellers)
    # Read once the sellers are locked: another one may have been faster.
    rows = _due(now).filter(listing_version__seller_id__in=sellers)
    rows = rows.select_related("listing_version").defer("listing_version__payload")
    by_seller: dict[str, list[Strike]] = defaultdict(list)
    for strike in rows.order_by("expires_at", "pk"):
        by_seller[strike.listing_version.seller_id].append(strike)
    expiries = Expiries(board, now)
    expiries.read(by_seller)
    for seller, strikes in by_seller.items():
        expiries.add(seller, strikes)
    return expiries.write()


class Expiries:
    """Strikes that expire together; written at the end."""

    def __init__(self, board: Board, now: datetime) -> None:
        self._board, self._now = board, now
        self._totals = StrikeTotals(now)
        self._topics = generations.topics_in_force()
        self._rows: list[StrikeExpiry] = []
        self._passed: list[tuple[int, ThresholdDetails]] = []
        self._changes: list[Change] = []

    def read(self, sellers: Collection[str]) -> None:
        """Add up what still counts against sellers."""
        self._totals.read(sellers)

    def add(self, seller: str, strikes: Sequence[Strike]) -> None:
        """Take in all strikes of a seller that are over, and what follows."""
        for strike in strikes:
            self._totals.add(seller, strike.dry_run, strike.weight)
        before = {dry_run: self._totals.of(seller, dry_run) for dry_run in (False, True)}
        for strike in strikes:
            self._totals.add(seller, strike.dry_run, -strike.weight)
            total = self._totals.of(seller, strike.dry_run)
            self._rows.append(StrikeExpiry(strike=strike, total=total, at=self._now))
        for row in self._board.restrictions(strikes[0].listing_version):
            left = self._totals.of(seller, row.dry_run)
            if not row.lifts and left < (row.action.threshold or 0) <= before[row.dry_run]:
                self._leave(row, strikes[-1], left)

    def _leave(self, row: StandingAction, last: Strike, total: int) -> None:
        """Undo a restriction for which too few strikes are left, as far as policy may by itself."""
        details = ThresholdDetails(
            topic=row.topic,
            threshold=row.action.threshold or 0,
            passed=Passed.LEFT,
            total=total,
            dry_run=row.dry_run,
        )
        self._passed.append((last.pk, details))
        if row.stage == Stage.PROPOSED or self._lifts_by_itself(row):
            self._changes.append(reversal(row, ACTIONS))
        else:
            self._changes.append(_lift_proposal(row))

    def _lifts_by_itself(self, row: StandingAction) -> bool:
        """Whether policy restricted and lifts: what somebody took is for somebody to lift."""
        if row.action.origin != Origin.AUTOMATIC:
            return False
        entry = self._topics.get(row.topic)
        version = row.action.policy_version
        file = topic_file_of(row.topic, entry) if entry else topic_file(row.topic, version)
        return file.strikes is not None and file.strikes.automatic

    def write(self) -> int:
        """Record what expired, each with its event, and what follows; gives how many."""
        StrikeExpiry.objects.bulk_create(self._rows)
        record_all(STRIKE_EXPIRY, [(row.pk, expiry_details(row)) for row in self._rows], ACTIONS)
        record_all(THRESHOLD, self._passed, ACTIONS)
        write(self._board, self._changes, self._now)
        return len(self._rows)


def _lift_proposal(row: StandingAction) -> Change:
    action = row.action
    return Change(
        version=action.listing_version,
        topic=action.topic,
        policy_version=action.policy_version,
        kind=ActionKind(action.kind),
        origin=Origin.PROPOSED,
        stage=Stage.PROPOSED,
        principal=ACTIONS,
        dry_run=action.dry_run,
        severity=action.severity,
        clauses=tuple(action.clauses),
        alert=action.alert,
        decision=action.decision,
        threshold=action.threshold,
        lifts=action,
    )
