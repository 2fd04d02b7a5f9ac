"""A store with days that are over, for tests of history."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from tests.acting import TESTS
from tests.service.conftest import listing
from tests.service.working import work_off

from mimawari.service.audit.sealing import seal_all
from mimawari.service.history.closing import close_day
from mimawari.service.history.models import ClosedDay
from mimawari.service.intake import log

FIRST = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = FIRST.date()


class Clock:
    """The database's clock, which the test sets."""

    def __init__(self) -> None:
        self.now = FIRST


def fill(clock: Clock) -> None:
    """Score three days of ten listings, of which one a day is put before moderators.

    Then two months pass.
    """
    for day in range(3):
        clock.now = FIRST + timedelta(days=day)
        numbers = range(10 * day, 10 * day + 10)
        log.append([listing(n, "a pistol" if n % 10 == 0 else "a cup") for n in numbers])
        work_off(batch=4)
    clock.now = FIRST + timedelta(days=60)
    seal_all()


def close(day: date = DAY) -> ClosedDay:
    return close_day(day, TESTS, "it is over")
