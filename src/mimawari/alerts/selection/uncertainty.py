"""The scores closest to where the list of alerts is cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import logit

from mimawari.alerts.selection.pool import Selection, best, need_scores

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    from mimawari.alerts.selection.pool import Pool

# Scores of exactly 0 and 1 stay comparable.
EDGE = 1e-9


def closeness(pool: Pool) -> NDArray[np.float64]:
    """Give ``-|logit p - logit t|``, shape (n,): 0 at the threshold t, less further off.

    t is the K-th greatest mean score of the pool where it has a capacity K, and 1/2 without
    one. Log-odds, because differences of small probabilities look small and are not.

    Examples
    --------
    >>> from mimawari.alerts.selection.pool import Pool
    >>> scores = np.array([[0.01, 0.1, 0.9]])
    >>> closeness(Pool("abc", np.zeros(3, bool), scores)).round(2).tolist()
    [-4.6, -2.2, -2.2]
    >>> closeness(Pool("abc", np.zeros(3, bool), scores, capacity=2)).round(2).tolist()
    [-2.4, -0.0, -4.39]
    """
    margin: NDArray[np.float64] = logit(np.clip(pool.score, EDGE, 1 - EDGE))
    known = np.sort(margin[~np.isnan(margin)])[::-1]
    if pool.capacity is None or not len(known):
        return np.asarray(-np.abs(margin))
    threshold = known[min(max(pool.capacity, 1), len(known)) - 1]
    return np.asarray(-np.abs(margin - threshold))


def uncertainty(pool: Pool, budget: int, random: Generator) -> Selection:
    """Choose what stands closest to the threshold (see `closeness`).

    Uncertainty sampling of Lewis & Gale, "A sequential algorithm for training text
    classifiers", SIGIR 1994, with the threshold where alerts are cut instead of at one half.

    Examples
    --------
    >>> from mimawari.alerts.selection.pool import Pool
    >>> pool = Pool("abc", np.zeros(3, bool), np.array([[0.01, 0.4, 0.9]]))
    >>> uncertainty(pool, 1, np.random.default_rng(0)).rows.tolist()
    [1]
    """
    need_scores(pool, 1, "uncertainty")
    return Selection.without_probability(best(closeness(pool), pool, budget))
