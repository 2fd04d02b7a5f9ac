"""Violations that nobody listed: how many, from an exploration slice of known probabilities."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from scipy.stats import chi2

from mimawari.evaluation.bootstrap import Interval
from mimawari.evaluation.precision import UNKNOWN

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Misses(msgspec.Struct, frozen=True):
    """What a topic's list missed in a stretch of days.

    Parameters
    ----------
    explored, answered, violating
        Listings outside of the list that were chosen by chance, those of them with a label,
        and those that violate.
    caught
        Violations that the list found.
    missed
        Violations outside of the list, explored ones included.
    recall, prevalence
        ``caught / (caught + missed)`` and ``(caught + missed) / listings``.
    """

    explored: int
    answered: int
    violating: int = msgspec.field(name="found")  # as kept figures name it
    caught: int
    missed: Interval
    recall: Interval
    prevalence: Interval


def estimate(
    probability: NDArray[np.floating],
    label: NDArray[np.int8],
    caught: int,
    listings: int,
    level: float = 0.95,
) -> Misses:
    """Estimate what a list missed from the explored listings that were not on it.

    The Horvitz-Thompson sum of ``y / probability`` over the explored (Horvitz & Thompson,
    JASA 1952) with the interval of `weighted_count_interval`. Explored listings without a
    label (open, or nobody could tell) are taken to violate as often as the others, which
    holds where the label does not decide whether there is one. Labels are taken as true.

    Parameters
    ----------
    probability
        Shape (n,): with which each explored listing outside of the list was chosen.
    label
        Shape (n,): 1 violates, 0 does not, -1 unknown.
    caught, listings
        Violations on the list, and listings in all, of the same days.

    Examples
    --------
    >>> misses = estimate(np.array([0.1, 0.1, 0.5]), np.array([1, 0, 1], np.int8), 20, 1000)
    >>> misses.missed.value, round(misses.recall.value, 3), misses.prevalence.value
    (12.0, 0.625, 0.032)
    """
    answered = int((label != UNKNOWN).sum())
    weight = 1 / np.asarray(probability, np.float64)
    factor = len(label) / answered if answered else 1.0
    most = max(0, listings - caught)
    if answered:
        largest = float(weight.max()) * factor
        weighted = weighted_count_interval(weight[label == 1] * factor, largest, level)
        missed = Interval(
            *(min(float(most), v) for v in (weighted.value, weighted.low, weighted.high))
        )
    else:
        missed = Interval(math.nan, 0.0, float(most))
    return Misses(
        len(label),
        answered,
        int((label == 1).sum()),
        caught,
        missed,
        _recall(caught, missed),
        Interval(*(_share(caught + v, listings) for v in (missed.value, missed.low, missed.high))),
    )


def _recall(caught: int, missed: Interval) -> Interval:
    # More misses are less recall, so the ends change places.
    ends = (missed.value, missed.high, missed.low)
    return Interval(*(_share(caught, caught + m) for m in ends))


def _share(part: float, whole: float) -> float:
    return part / whole if whole else math.nan


def weighted_count_interval(
    weights: NDArray[np.floating], largest: float, level: float = 0.95
) -> Interval:
    """Give an interval for a total whose found members each stand for ``weight`` of them.

    With the sum ``z`` and the sum of squares ``v`` of the weights of what was found, and the
    largest weight ``m`` that anything could have had:

    * low ``v / 2z  chi2(alpha / 2; 2 z^2 / v)``, 0 where nothing was found,
    * high ``(v + m^2) / 2(z + m)  chi2(1 - alpha / 2; 2 (z + m)^2 / (v + m^2))``.

    The gamma interval of Fay & Feuer (Statistics in Medicine, 1997), exact (Garwood) where all
    weights are equal. Assumes that members are found independently of each other, with
    ``1 / weight`` as probability or rate; Poisson sampling grants it, and Bernoulli counts
    vary less than the Poisson counts it is made for. Its coverage never fell below the level
    in their study, nor in our tests.

    Examples
    --------
    >>> zero = weighted_count_interval(np.zeros(0), 100.0)
    >>> zero.low, round(zero.high, 1)
    (0.0, 368.9)
    """
    z, v = float(np.sum(weights)), float(np.sum(np.square(weights)))
    tail = (1 - level) / 2
    low = v / (2 * z) * float(chi2.ppf(tail, 2 * z * z / v)) if z else 0.0
    top, spread = z + largest, v + largest * largest
    high = spread / (2 * top) * float(chi2.ppf(1 - tail, 2 * top * top / spread))
    return Interval(z, low, high)
