"""Doubtful scores, and a random share that keeps estimates possible."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from mimawari.alerts.selection.chance import draw
from mimawari.alerts.selection.diversity import farthest, vectors_of, without_near
from mimawari.alerts.selection.pool import Selection, best
from mimawari.alerts.selection.search import in_turn
from mimawari.alerts.selection.uncertainty import closeness

if TYPE_CHECKING:
    from numpy.random import Generator

    from mimawari.alerts.selection.pool import Pool, Rows

RANDOM_SHARE = 0.1
# Of the rest, where not all rows have a score: hits of rules, say.
HITS_SHARE = 0.5


def mixed(pool: Pool, budget: int, random: Generator) -> Selection:
    """Spend the budget on scores near the threshold, without near-duplicates, and on chance.

    One in ten is drawn at random from what the rest of the budget leaves, at least one. So
    each open row has a known probability above zero: 1 for the rows chosen by score, ``r / M``
    for the r drawn from the M left. The sum of ``y / probability`` over the chosen estimates
    the open violations without bias (Horvitz & Thompson 1952), which choosing by score alone
    cannot. No share is kept for the top: while violations are rare and the model is young, the
    scores nearest one half are the greatest there are.

    Where some rows have no score, as with rules that speak only of their hits, there is no
    threshold to be near: half goes to the greatest scores, and the rest to chance, or the
    labels would be nearly all violations. What scores cannot fill goes to `diversity`.

    With orders to search by (`Pool.search`) the budget goes to the first of each in turn: while
    hardly any violation is known, what reads like it is worth more than what is unlike all.

    Examples
    --------
    >>> from mimawari.alerts.selection.pool import Pool
    >>> v = np.eye(4, dtype=np.float32)
    >>> pool = Pool("abcd", np.zeros(4, bool), np.array([[0.4, 0.1, 0.1, 0.1]]), v)
    >>> chosen = mixed(pool, 2, np.random.default_rng(0))
    >>> int(chosen.rows[0]), chosen.probability.round(2).tolist()
    (0, [1.0, 0.33])
    """
    budget = min(budget, len(pool.open))
    by_score = budget - min(budget, max(1, round(budget * RANDOM_SHARE)))
    scored = int(np.count_nonzero(~np.isnan(pool.score[pool.open]))) if len(pool.scores) else 0
    if not by_score:
        sure = np.empty(0, np.int64)
    elif len(pool.search):
        order = in_turn(pool.search, pool, by_score)
        sure = without_near(order, vectors_of(pool, "mixed"), by_score)
    elif scored == len(pool.open):
        order = best(closeness(pool), pool, scored)
        sure = without_near(order, vectors_of(pool, "mixed"), by_score)
    else:
        sure = _hits(pool, math.ceil(by_score * HITS_SHARE), scored)
    lots = draw(pool, np.setdiff1d(pool.open, sure), budget - len(sure), random)
    return Selection(
        np.concatenate((sure, lots.rows)), np.concatenate((np.ones(len(sure)), lots.probability))
    )


def _hits(pool: Pool, budget: int, scored: int) -> Rows:
    """Choose the greatest scores, then what is unlike them and all that is known."""
    order = best(pool.score, pool, scored) if scored else np.empty(0, np.int64)
    sure = without_near(order, vectors_of(pool, "mixed"), budget)
    known = pool.known.copy()
    known[sure] = True
    return np.concatenate((sure, farthest(pool, known, budget - len(sure))))
