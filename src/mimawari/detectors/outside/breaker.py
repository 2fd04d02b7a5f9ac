"""When a detector that gives no scores is asked nothing for a while."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from mimawari.detectors.outside.limits import Limits


class Breaker:
    """Counts faults in a row, and says until when to ask nothing.

    Examples
    --------
    >>> from mimawari.detectors.outside.limits import Limits
    >>> clock = [0.0]
    >>> breaker = Breaker(Limits(faults=2), lambda: clock[0])
    >>> breaker.fault(); breaker.rests
    False
    >>> breaker.fault(); breaker.rests, breaker.seconds_left
    (True, 1.0)
    >>> clock[0] = 1.0; breaker.rests
    False
    >>> breaker.fault(); breaker.seconds_left
    2.0
    """

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._clock = clock
        self._faults = self._good = 0
        self._rest = 0.0
        self._until = 0.0

    @property
    def rests(self) -> bool:
        """Whether nothing is to be asked now."""
        return self.seconds_left > 0

    @property
    def seconds_left(self) -> float:
        """How long that lasts."""
        return max(0.0, self._until - self._clock())

    def good(self) -> None:
        """Note scores."""
        self._faults = 0
        self._good += 1
        if self._good >= self._limits.good:
            self._rest = 0.0

    def fault(self, at_once: bool = False) -> None:
        """Note that there were none.

        Parameters
        ----------
        at_once
            Rest after the first: its process has to be started again anyway.
        """
        self._good = 0
        self._faults += 1
        if at_once or self._rest or self._faults >= self._limits.faults:
            longer = max(self._limits.first_rest, 2 * self._rest)
            self._rest = min(longer, self._limits.longest_rest)
            self._until = self._clock() + self._rest
