"""Running floors: the score below which a listing can no longer matter to a topic."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray


# A model without any sign of a violation still gives a small number: such are no alerts.
LEAST_SCORE = 0.02


class Floors:
    """The K-th best score so far of every topic, for `Suite.score`.

    A floor only ever rises, so a listing that is skipped for being below it would not have
    entered the day's top K: the cascade stays exact. Scores below the floor may be given or
    left out; the floors come out the same.

    Parameters
    ----------
    capacity
        K of each topic; with 0, nothing of the topic can matter.

    Examples
    --------
    >>> floors = Floors({"weapons": 2, "drugs": 2})
    >>> floors.update({"weapons": np.array([0.1, 0.9, np.nan, 0.5], np.float32)})
    >>> floors.current()
    {'weapons': 0.5}
    """

    def __init__(self, capacity: Mapping[str, int]) -> None:
        self._capacity = dict(capacity)
        self._best = {topic: np.empty(0, np.float32) for topic in capacity}

    def update(self, scores: Mapping[str, NDArray[np.float32]]) -> None:
        """Take in a batch: of each topic any number of scores, NaN where none.

        Raises
        ------
        KeyError
            For a topic without a capacity.
        """
        for topic, column in scores.items():
            k, best = self._capacity[topic], self._best[topic]
            merged = np.concatenate((best, column[~np.isnan(column)]))
            if len(merged) > k:
                merged = np.partition(merged, len(merged) - k)[len(merged) - k :] if k else best
            self._best[topic] = merged

    def current(self) -> dict[str, float]:
        """Give the floors; a topic whose top K still has room has none."""
        floors = {}
        for topic, best in self._best.items():
            k = self._capacity[topic]
            if len(best) >= k:
                floors[topic] = float(best.min()) if k else float("inf")
        return floors
