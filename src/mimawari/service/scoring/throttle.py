"""How fast a rescan goes: so many listings a second, and not while live ones wait."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from mimawari.service.intake.log import pending_count

if TYPE_CHECKING:
    from collections.abc import Callable

BATCH = 200
# Listings that may wait to be scored before a rescan stands aside; batches come and go below it.
MOST_LAG = 500
LAG_SECONDS = 1.0


class Throttle:
    """Keeps a pass to so many listings a second, and aside while live ones wait.

    Parameters
    ----------
    sleep, now
        For tests: how to wait, and the clock.
    """

    def __init__(
        self,
        rate: float,
        sleep: Callable[[float], object] = time.sleep,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rate, self._sleep, self._now = rate, sleep, now
        self._due = now()

    @property
    def batch(self) -> int:
        """How many listings to take at a time: about a second's."""
        return max(1, min(BATCH, int(self._rate)))

    def wait(self, aside: Callable[[int], object]) -> None:
        """Wait until the next batch may begin; ``aside`` is told what waits meanwhile."""
        while (lag := pending_count()) > MOST_LAG:
            aside(lag)
            self._sleep(LAG_SECONDS)
        while (left := self._due - self._now()) > 0:
            self._sleep(min(left, LAG_SECONDS))
            aside(0)

    def took(self, listings: int) -> None:
        """Count a batch; what was not used of the rate is not made up for."""
        self._due = max(self._due, self._now()) + listings / self._rate
