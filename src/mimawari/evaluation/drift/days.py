"""Figures of a day against the days before: shares that may fall, and numbers off their usual."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from scipy.special import expit, logit
from scipy.stats import t as student

from mimawari.evaluation.drift.detector import ERRORS, Detector
from mimawari.evaluation.drift.reference import Reference
from mimawari.evaluation.drift.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Sequence

PAST_DAYS, LEAST_DAYS, LEAST_CASES = 28, 7, 50
# Days that are left out before today, so that what falls is not taken for usual at once.
GAP = 7
# Days until the first false alarm, on average at least; a batch is a day.
RULE = Rule(run_length=1_000, batch=1, tolerance=1.25, factors=(1.6, 2.5, 5.0))
# Chance a day that a number which is as usual is called too many or too few.
ALPHA = 0.001
# Of the square root of a Poisson number.
LEAST_SPREAD = 0.5


class ShareOfDay(msgspec.Struct, frozen=True):
    """What a day's share is beside those before.

    Parameters
    ----------
    fell
        Whether it is told now that the share has fallen.
    usual, low, high
        What it should be, and between which it is no change; None while that is being learnt.
    evidence
        To be given back on the next day.
    """

    fell: bool
    usual: float | None
    low: float | None
    high: float | None
    evidence: list[float] | None


def share_of_day(
    past: Sequence[tuple[int, int]],
    hits: int,
    number: int,
    evidence: Sequence[float] | None = None,
    rule: Rule = RULE,
) -> ShareOfDay:
    """Watch a share by days, and say when it has fallen below that of the days before.

    An e-detector (`Detector`) over one stream, whose batch is a day, beside the pooled share of
    four weeks, which end a week ago, with its standard error, raised by their dispersion.
    As long as the share's odds are within a factor of 1.25 and three standard errors of that
    share, and cases are independent given the past, the mean number of days before the first
    alarm is 1,000 or more, at any mix of days with many and with few cases. Bets are made up
    and down, so the rate of alarms that it fell is lower still. Not covered is a day that is
    off as a whole (the cases of a day depend on each other): tolerance and dispersion take up some.

    Parameters
    ----------
    past
        Hits and cases of the days before, oldest first; 28 count, up to a week ago where there
        are as many. With fewer than seven days that have any, or 50 cases, it is being learnt.

    Examples
    --------
    >>> past = [(60, 100)] * 28
    >>> share_of_day(past, 55, 100).fell
    False
    >>> today = share_of_day(past, 20, 100)
    >>> today.fell, round(today.usual, 2)
    (True, 0.6)
    """
    older = past[:-GAP] if len(past) >= LEAST_DAYS + GAP else past
    known = [(x, n) for x, n in older[-PAST_DAYS:] if n]
    total = sum(n for _, n in known)
    if len(known) < LEAST_DAYS or total < LEAST_CASES:
        return ShareOfDay(False, None, None, None, None)
    reference = _pooled(known)
    share, room = float(reference.share[0]), math.log(rule.tolerance)
    room += ERRORS * float(reference.error[0])
    low, high = (float(expit(logit(share) + sign * room)) for sign in (-1, 1))
    kept = None if evidence is None else np.array(evidence)[:, None]
    detector = Detector([1.0], rule, kept)
    fell = bool(detector.step([hits], number, reference)[0]) if number else False
    state = [round(x, 6) for x in detector.log_evidence[:, 0].tolist()]
    return ShareOfDay(fell and hits / number < share, share, low, high, state)


def _pooled(known: Sequence[tuple[int, int]]) -> Reference:
    hits, number = np.array(known, np.float64).T
    total = number.sum()
    p = (hits.sum() + 0.5) / (total + 1)
    left = (number * np.square(hits / number - p)).sum() / (p * (1 - p)) / (len(known) - 1)
    error = math.sqrt(max(1.0, left) / (total * p * (1 - p)))
    return Reference(np.array([p]), np.array([error]))


class LimitsOfDay(msgspec.Struct, frozen=True):
    """Between which a number of a day is as usual."""

    usual: float
    low: float
    high: float


def limits_of_day(past: Sequence[int], alpha: float = ALPHA) -> LimitsOfDay | None:
    """Give between which a day's number should be; None with fewer than seven days before it.

    The square root of a number has nearly the same spread whatever its size (.5 for Poisson
    ones), so the limits are those of a prediction: mean and spread s of the roots of n days, and
    ``mean +- t s sqrt(1 + 1 / n)`` with Student's quantile of n - 1 degrees. If days are
    independent and their roots normal, a day that is as usual is outside with chance ``alpha``
    (.001: once in 1,000 days a topic, half of it too many); s is taken as .5 at least, which
    makes that rarer. Weekends that differ widen the limits. A number that the capacity holds
    where it is has no spread, and is outside once it leaves it.

    Examples
    --------
    >>> limits = limits_of_day([100, 90, 110, 105, 95, 98, 102] * 4)
    >>> 50 < limits.low < 80 and 120 < limits.high < 150
    True
    >>> limits_of_day([100] * 6) is None
    True
    """
    known = np.sqrt(np.array(past[-PAST_DAYS:], np.float64))
    n = len(known)
    if n < LEAST_DAYS:
        return None
    mean, spread = float(known.mean()), max(LEAST_SPREAD, float(known.std(ddof=1)))
    room = float(student.ppf(1 - alpha / 2, n - 1)) * spread * math.sqrt(1 + 1 / n)
    return LimitsOfDay(mean**2, max(0.0, mean - room) ** 2, (mean + room) ** 2)
