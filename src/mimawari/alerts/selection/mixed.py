"""Best guesses, doubtful ones, and a random share that keeps estimates possible."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from mimawari.alerts.selection.chance import draw
from mimawari.alerts.selection.diversity import farthest, vectors_of, without_near
from mimawari.alerts.selection.pool import Selection, best
from mimawari.alerts.selection.uncertainty import closeness

if TYPE_CHECKING:
    from numpy.random import Generator

    from mimawari.alerts.selection.pool import Pool, Rows

RANDOM_SHARE = 0.1
# Of the rest, taken from the top; as much again is taken near the threshold.
TOP_SHARE = 0.5


def mixed(pool: Pool, budget: int, random: Generator) -> Selection:
    """Spend the budget on top scores, scores near the threshold, and chance; no near-duplicates.

    One in ten is drawn at random from what the rest of the budget leaves, at least one. So
    each open row has a known probability above zero: 1 for the rows chosen by score, ``r / M``
    for the r drawn from the M left. The sum of ``y / probability`` over the chosen estimates
    the open violations without bias (Horvitz & Thompson 1952), which choosing by score alone
    cannot.

    Where some rows have no score, as with rules that speak only of their hits, there is no
    threshold to be near: what goes there otherwise is drawn at random too, or the labels would
    be nearly all violations. What scores cannot fill goes to `diversity`.

    Examples
    --------
    >>> from mimawari.alerts.selection.pool import Pool
    >>> v = np.eye(4, dtype=np.float32)
    >>> pool = Pool("abcd", np.zeros(4, bool), np.array([[0.9, 0.1, 0.1, 0.1]]), v)
    >>> chosen = mixed(pool, 2, np.random.default_rng(0))
    >>> int(chosen.rows[0]), chosen.probability.round(2).tolist()
    (0, [1.0, 0.33])
    """
    budget = min(budget, len(pool.open))
    by_score = budget - min(budget, max(1, round(budget * RANDOM_SHARE)))
    upper = math.ceil(by_score * TOP_SHARE)
    scored = int(np.count_nonzero(~np.isnan(pool.score[pool.open]))) if len(pool.scores) else 0
    sure = _upper(pool, upper, scored)
    if scored == len(pool.open):
        sure = np.concatenate((sure, _doubtful(pool, by_score - upper, sure)))
    lots = draw(pool, np.setdiff1d(pool.open, sure), budget - len(sure), random)
    return Selection(
        np.concatenate((sure, lots.rows)), np.concatenate((np.ones(len(sure)), lots.probability))
    )


def _upper(pool: Pool, budget: int, scored: int) -> Rows:
    """Choose the greatest scores, then what is unlike them and all that is known."""
    if not budget:
        return np.empty(0, np.int64)
    vectors = vectors_of(pool, "mixed")
    sure = np.empty(0, np.int64)
    if scored:
        sure = without_near(best(pool.score, pool, scored), vectors, budget)
    known = pool.known.copy()
    known[sure] = True
    return np.concatenate((sure, farthest(pool, known, budget - len(sure))))


def _doubtful(pool: Pool, budget: int, taken: Rows) -> Rows:
    if not budget:
        return np.empty(0, np.int64)
    order = best(closeness(pool), pool, len(pool.open))
    return without_near(order, vectors_of(pool, "mixed"), budget, taken)
