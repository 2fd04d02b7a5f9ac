"""A confidence sequence for the difference of two models, from counts of pairs alone."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import logsumexp

if TYPE_CHECKING:
    from collections.abc import Callable

FRACTIONS = np.geomspace(0.01, 0.97, 20)
STEP = 1e-3


def log_capital(mean: float, wins: float, ties: float, losses: float) -> float:
    """Give the log capital of a bet, both ways, against a mean difference.

    ``K(m) = mean over fractions f and signs of (1 +- l (1-m))^wins (1 -+ l m)^ties
    (1 -+ l (1+m))^losses`` with ``l = f / (1 +- m)``: a martingale of start 1 where the mean
    difference is m.

    Examples
    --------
    >>> log_capital(0.0, 0, 0, 0), round(log_capital(0.0, 30, 50, 5), 2)
    (0.0, 6.86)
    """
    up, down = FRACTIONS / (1 + mean), FRACTIONS / (1 - mean)
    logs = [
        wins * np.log1p(sign * bet * (1 - mean))
        + ties * np.log1p(-sign * bet * mean)
        + losses * np.log1p(-sign * bet * (1 + mean))
        for sign, bet in ((1, up), (-1, down))
    ]
    return float(logsumexp(np.concatenate(logs)) - math.log(2 * len(FRACTIONS)))


def difference_interval(
    wins: float, ties: float, losses: float, alpha: float = 0.05
) -> tuple[float, float]:
    """Give the confidence sequence of the mean difference, candidate less champion.

    The means whose `log_capital` stays under ``ln(1/alpha)``. It holds at all times at once with
    probability 1 - alpha, so it may be looked at after every pair (Waudby-Smith & Ramdas 2024,
    arXiv 2010.09686). Pairs have any dependence on the past as long as the conditional mean of
    the difference is constant. Times ``differing / K`` it is that of Precision@K.

    Parameters
    ----------
    wins, ties, losses
        Pairs in which only the candidate's item, both or neither, only the champion's
        violates; fractions count in part.

    Returns
    -------
    Low and high end in -1 to 1, one step of 0.001 outwards from the last mean kept.

    Raises
    ------
    ValueError
        For a negative count, or alpha outside of 0 to 1.

    Examples
    --------
    >>> difference_interval(0, 0, 0)
    (-1.0, 1.0)
    >>> low, high = difference_interval(60, 120, 20)
    >>> 0 < low < 0.2 < high < 0.4
    True
    """
    if min(wins, ties, losses) < 0 or not 0 < alpha < 1:
        raise ValueError("counts are 0 or more, alpha between 0 and 1")
    if not wins + ties + losses:
        return -1.0, 1.0
    limit = math.log(1 / alpha)
    centre = round((wins - losses) / (wins + ties + losses) / STEP)
    edge = round(1 / STEP)

    def not_rejected(position: int) -> bool:
        return abs(position) < edge and log_capital(position * STEP, wins, ties, losses) < limit

    centre = max(1 - edge, min(edge - 1, centre))
    return _end(not_rejected, centre, -edge) * STEP, _end(not_rejected, centre, edge) * STEP


def _end(not_rejected: Callable[[int], bool], start: int, edge: int) -> int:
    """Find the first position from the start towards the edge that is not kept.

    The capital falls towards the estimate and rises away from it (each of its terms is convex
    in the mean where it counts), so halving finds the only change.
    """
    inside, outside = start, edge
    while abs(outside - inside) > 1:
        middle = (inside + outside) // 2
        if not_rejected(middle):
            inside = middle
        else:
            outside = middle
    return outside
