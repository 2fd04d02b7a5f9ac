"""Can the probabilities be trusted? Evidence against them that may be looked at every day."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import logit
from scipy.stats import norm

from mimawari.evaluation.mixture import log_total
from mimawari.evaluation.precision import UNKNOWN
from mimawari.evaluation.recalibration import LEAST

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

# Odds that are off by less than this factor are good enough to act on.
TOLERANCE = 1.5
# What is bet on: odds off by these factors, and odds too extreme or not enough.
FACTORS, SLOPES = (2.0, 4.0, 8.0), (0.5, 1.0, 2.0)
FIRST_RESTART = 16
ALPHA = 0.05


def evidence_against(
    scores: NDArray[np.floating],
    labels: NDArray[np.int8],
    groups: Sequence[str],
    tolerance: float = TOLERANCE,
    alpha: float = ALPHA,
) -> float:
    """Give the evidence that odds are off by more than a factor, from 0 to 1: not to be trusted.

    It is ``log E / log(1 / alpha)``, cut to [0, 1]. It may be asked after every label, for as
    long as a model is in use: where the odds of every listing are within the tolerance, the
    chance that it is ever 1 is at most ``alpha`` (Ville's inequality). It falls again where
    later labels speak for the probabilities. See `log_evidence` for E and what it assumes.

    Examples
    --------
    >>> random = np.random.default_rng(0)
    >>> p = random.uniform(0.05, 0.6, 400)
    >>> y, sellers = (random.random(400) < p).astype(np.int8), [str(i) for i in range(400)]
    >>> evidence_against(p, y, sellers) < 1, evidence_against(p / 4, y, sellers) == 1
    (True, True)
    """
    steps = log_evidence(scores, labels, groups, tolerance)
    return min(1.0, max(0.0, float(steps[-1]) / -math.log(alpha))) if len(steps) else 0.0


def log_evidence(
    scores: NDArray[np.floating],
    labels: NDArray[np.int8],
    groups: Sequence[str],
    tolerance: float = TOLERANCE,
) -> Floats:
    """Give log E after the first label of each seller, in nats; shape (sellers labelled,).

    An e-process: each label multiplies each bet by ``(q / p)^y ((1 - q) / (1 - p))^(1 - y)``,
    where q is what the bet says and p the end of the tolerated odds that is next to it (1 where
    q is within them); its mean is at most 1 for all tolerated probabilities. E is the mean over
    a grid of bets (odds off by a factor, too extreme or not enough) of what each has made, where
    a part of each begins after 0, 16, 32, 64 ... labels, so that a market that moves late is
    noticed too (Ramdas, Grunwald, Vovk & Shafer, Statistical Science 2023; for calibration
    Arnold, Henzi & Ziegel, JASA 2023).

    Labels of one seller are no independent trials and would raise false alarms: the first label
    of each seller counts, whatever the later ones are. It assumes that sellers are independent of
    each other, labels true, and that whether a listing is labelled depends on its score alone,
    as with list and exploration slice. It speaks of sellers rather than of listings.

    Parameters
    ----------
    scores
        Probabilities as they were given before the label was known, shape (n,), oldest first.
    labels, groups
        1, 0 or -1 (left out), and the seller of each.
    tolerance
        Factor of the odds, 1 or more.

    Examples
    --------
    >>> log_evidence(np.array([0.5]), np.array([1], np.int8), ["a"]).round(2).tolist()
    [-0.04]
    """
    known = np.flatnonzero((labels != UNKNOWN) & ~np.isnan(scores))
    _, first = np.unique(np.asarray(groups)[known], return_index=True)
    rows = known[np.sort(first)]
    if not len(rows):
        return np.zeros(0)
    x = logit(np.clip(np.asarray(scores, np.float64)[rows], LEAST, 1 - LEAST))
    y, room = labels[rows] == 1, math.log(tolerance)
    wealth = []
    for factor, slope, side in itertools.product(FACTORS, SLOPES, (-1, 1)):
        bet = slope * x + side * math.log(factor)
        against = np.clip(bet, x - room, x + room)
        wealth.append(np.cumsum(_log_likelihood(bet, y) - _log_likelihood(against, y)))
    paths = np.array(wealth)
    late = [
        _begun_after(begin, paths) - math.log((k + 1) * (k + 2))
        for k, begin in enumerate(_begins(len(rows)))
    ]
    # What is left of the weights 1/2 + 1/6 + 1/12 ... is never bet.
    kept = np.full((1, len(rows)), math.log(len(wealth) / (len(late) + 1)))
    return log_total(np.concatenate([*late, kept])) - math.log(len(wealth))


def _begun_after(begin: int, paths: Floats) -> Floats:
    """Give the log wealth of bets that sit out the first labels."""
    if not begin:
        return paths
    late = paths - paths[:, [begin - 1]]
    late[:, :begin] = 0.0
    return late


def _begins(n: int) -> list[int]:
    """Give after how many labels bets begin: 0, 16, 32, 64 ..."""
    return [0, *(FIRST_RESTART * 2**k for k in range(n.bit_length()) if FIRST_RESTART * 2**k < n)]


def _log_likelihood(margin: Floats, y: NDArray[np.bool_]) -> Floats:
    return np.asarray(-np.logaddexp(0, np.where(y, -margin, margin)), np.float64)


def spiegelhalter(scores: NDArray[np.floating], labels: NDArray[np.integer]) -> float:
    """Give the two-sided p-value of the Brier score under calibration, for one look.

    ``z = sum (y - p)(1 - 2p) / sqrt(sum (1 - 2p)^2 p (1 - p))``, standard normal where each y
    violates with chance p (Spiegelhalter, Statistics in Medicine 1986). Assumes independent
    labels, enough of them for the normal limit, and one look: of daily looks one in some will be
    below .05 with right probabilities too. For reports; what the service watches is
    `evidence_against`.

    Examples
    --------
    >>> y = np.repeat([1, 0], [10, 90])
    >>> round(spiegelhalter(np.full(100, 0.1), y), 2), spiegelhalter(np.full(100, 0.3), y) < 1e-4
    (1.0, True)
    """
    p, y = np.asarray(scores, np.float64), np.asarray(labels, np.float64)
    spread = math.sqrt(float((np.square(1 - 2 * p) * p * (1 - p)).sum()))
    if not spread:
        return 1.0
    return float(2 * norm.sf(abs(float(((y - p) * (1 - 2 * p)).sum())) / spread))
