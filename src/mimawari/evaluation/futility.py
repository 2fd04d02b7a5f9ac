"""Evidence that a candidate is not better by the smallest useful gain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import logsumexp

from mimawari.evaluation.mixture import log_total

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

BETS = (0.03, 0.06, 0.1, 0.15, 0.22, 0.32, 0.45, 0.6, 0.8, 0.95)


def futility_trajectory(differences: ArrayLike, smallest: float) -> Floats:
    """Give the log evidence against ``E[difference] >= smallest`` after each observation.

    ``F = mean_j prod_i (1 + l_j (d - d_i) / (1 - d))``, d the smallest useful difference,
    bets ``l_j`` from `BETS`. Each factor is positive as ``d_i <= 1``, and its expectation at
    most 1 where the candidate is better by d: rejecting where F reaches 1/beta misses such a
    candidate with probability beta at most (betting: Waudby-Smith & Ramdas 2024, arXiv
    2010.09686). Stopping on it never adds to false promotions.

    Parameters
    ----------
    differences
        Shape (n,), in -1 to 1: candidate's label less the champion's (or its block's mean).
    smallest
        Smallest useful difference where the lists differ, below 1.

    Examples
    --------
    >>> np.exp(futility_trajectory([-1, -1, 0], 0.1)).round(3).tolist()
    [1.45, 2.242, 2.374]
    """
    d = np.asarray(differences, np.float64)
    if not len(d):
        return np.zeros(0)
    logs = np.log(1 + np.outer(BETS, (smallest - d) / (1 - smallest)))
    return np.asarray(log_total(np.cumsum(logs, axis=1)) - np.log(len(BETS)))


class Futility:
    """The evidence of `futility_trajectory`, an observation at a time.

    Examples
    --------
    >>> process = Futility(0.1)
    >>> for difference in (-1, -1, 0):
    ...     process.update(difference)
    >>> round(float(np.exp(process.log_f)), 3)
    2.374
    """

    def __init__(self, smallest: float) -> None:
        self._smallest = smallest
        self._logs = np.zeros(len(BETS))

    def update(self, difference: float) -> None:
        """Take in one difference."""
        step = (self._smallest - difference) / (1 - self._smallest)
        self._logs = self._logs + np.log1p(np.asarray(BETS) * step)

    @property
    def log_f(self) -> float:
        """The logarithm of the evidence against a useful gain, in nats."""
        return float(logsumexp(self._logs) - np.log(len(BETS)))
