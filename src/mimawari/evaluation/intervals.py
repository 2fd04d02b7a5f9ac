"""Intervals of shares: Precision@K on a given day, at all times, and recall@K by sellers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from scipy.optimize import brentq
from scipy.special import betaln
from scipy.stats import norm

from mimawari.evaluation.bootstrap import Interval, group_bootstrap
from mimawari.evaluation.precision import recall_at_k

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray


def wilson(hits: int, n: int, level: float = 0.95) -> Interval:
    """Give the share ``hits / n`` with its score interval.

    ``(p + z^2/2n +- z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n)`` (Wilson, JASA 1927). Assumes
    independent trials with one rate, looked at once; its coverage is near the level on average
    (Brown, Cai & DasGupta 2001), not guaranteed. Everything is open with no trial.

    Examples
    --------
    >>> interval = wilson(8, 10)
    >>> interval.value, round(interval.low, 3), round(interval.high, 3)
    (0.8, 0.49, 0.943)
    """
    if not n:
        return Interval(math.nan, 0.0, 1.0)
    z = float(norm.ppf((1 + level) / 2))
    share, pull = hits / n, z * z / n
    half = z * math.sqrt(share * (1 - share) / n + pull / (4 * n))
    low, high = ((share + pull / 2 + s * half) / (1 + pull) for s in (-1, 1))
    return Interval(share, 0.0 if not hits else low, 1.0 if hits == n else high)


def beta_binomial_sequence(hits: int, n: int, level: float = 0.95) -> Interval:
    """Give the share with an interval that holds at all times, however often it is looked at.

    All p with ``B(1 + hits, 1 + misses) / (p^hits (1 - p)^misses) < 1 / (1 - level)``: the
    uniform mixture of likelihood ratios is a martingale under p, so that by Ville's inequality
    the chance that p is ever left out is at most ``1 - level`` (Robbins 1970; Howard et al.,
    Annals of Statistics 2021). Assumes that each label, given those before it, violates with
    the same chance p.

    Examples
    --------
    >>> interval = beta_binomial_sequence(600, 2000)
    >>> round(interval.low, 3), round(interval.high, 3)
    (0.264, 0.338)
    """
    if not n:
        return Interval(math.nan, 0.0, 1.0)
    misses, share = n - hits, hits / n
    least = float(betaln(1 + hits, 1 + misses)) + math.log(1 - level)

    def excess(p: float) -> float:
        likelihood = (hits * math.log(p) if hits else 0.0) + (
            misses * math.log1p(-p) if misses else 0.0
        )
        return likelihood - least

    tiny = 1e-12
    low = float(brentq(excess, tiny, share)) if hits and excess(tiny) < 0 else 0.0
    high = float(brentq(excess, share, 1 - tiny)) if misses and excess(1 - tiny) < 0 else 1.0
    return Interval(share, low, high)


def recall_interval(
    scores: NDArray[np.floating],
    labels: NDArray[np.int8],
    k: int,
    keys: Sequence[str],
    groups: Sequence[str],
    seed: int,
    draws: int = 500,
) -> Interval:
    """Give recall@K among known violations, with its interval over resampled sellers.

    See `recall_at_k` and `group_bootstrap` for formula and assumptions. On labels that only a
    list gave, this is the recall among what was listed: use `prevalence.estimate` for the
    recall among everything.

    Examples
    --------
    >>> import numpy as np
    >>> s, y = np.array([0.9, 0.8, 0.1]), np.array([1, 1, 1], np.int8)
    >>> recall_interval(s, y, 3, list("abc"), list("abc"), seed=0)
    Interval(value=1.0, low=1.0, high=1.0)
    """

    def recall(rows: NDArray[np.int64]) -> float:
        return recall_at_k(scores[rows], labels[rows], k, [keys[i] for i in rows.tolist()])

    return group_bootstrap(recall, groups, seed, draws)
