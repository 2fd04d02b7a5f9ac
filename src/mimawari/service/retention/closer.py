"""Closes days that are over into history, one after the other, at the pace that others leave."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings

from mimawari.service.history.closing import close_day, open_days, settle
from mimawari.service.history.days import closed_days
from mimawari.service.history.event_kinds import KEEPER
from mimawari.service.history.models import Cause, ClosedDay
from mimawari.service.platform import clock
from mimawari.service.platform.work_loop import WorkLoop
from mimawari.service.retention.moving import move

if TYPE_CHECKING:
    from datetime import date

    from mimawari.service.platform.leases import HeldLease

# Of one core, while it works.
SHARE = 0.25
IDLE_SECONDS = 600.0
REASON = "the day is over for as long as the settings say"


class DayCloser(WorkLoop):
    """Closes a day a turn, or moves the rows of one, while the lease is held.

    Days are closed ``history_after_days`` after they are over, never where that is 0. Their rows
    leave the database where ``history_moves`` says so.

    Parameters
    ----------
    lease
        The keeper's: nothing breaks where two do the same, but nobody needs it twice.
    """

    trouble = "closing a day failed; it stays as it is and is tried again"

    def __init__(self, lease: HeldLease) -> None:
        super().__init__(IDLE_SECONDS)
        self.lease = lease
        self._settled = False

    def turn(self) -> bool:
        """Do what is due first."""
        after = settings.CONFIG.history_after_days
        if not after or not self.lease.holds:
            return False
        before = clock.database_now().date() - timedelta(days=after)
        if not self._settled:  # whoever closed the last day may have been stopped
            for row in closed_days()[-1:]:
                settle(row, KEEPER)
            self._settled = True
        for day in open_days(before)[:1]:
            close_day(day, KEEPER, REASON, SHARE)
            return True
        if settings.CONFIG.history_moves:
            for row in _to_move(before)[:1]:
                move(row, KEEPER, REASON, SHARE)
                return True
        return False


def _to_move(before: date) -> list[ClosedDay]:
    """Give the closed days of which not all rows left that may."""
    done = ClosedDay.objects.filter(cause=Cause.MOVED).values_list("day", flat=True)
    return [row for row in closed_days() if row.day < before and row.day not in set(done)]
