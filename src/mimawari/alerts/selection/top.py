"""The greatest scores: exploit what the model knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.alerts.selection.pool import Selection, best, need_scores

if TYPE_CHECKING:
    from numpy.random import Generator

    from mimawari.alerts.selection.pool import Pool


def top(pool: Pool, budget: int, random: Generator) -> Selection:
    """Choose the greatest mean scores.

    Where one listing in a hundred violates, what a learner lacks is positives, and here they
    are. Also called certainty sampling or relevance feedback (Lewis & Gale, "A sequential
    algorithm for training text classifiers", SIGIR 1994; Attenberg & Provost, "Why label when
    you can search?", KDD 2010, on why rare classes need it).

    Examples
    --------
    >>> import numpy as np
    >>> from mimawari.alerts.selection.pool import Pool
    >>> pool = Pool(["a", "b", "c"], np.zeros(3, bool), np.array([[0.2, 0.9, 0.5]]))
    >>> top(pool, 2, np.random.default_rng(0)).rows.tolist()
    [1, 2]
    """
    need_scores(pool, 1, "top")
    return Selection.without_probability(best(pool.score, pool, budget))
