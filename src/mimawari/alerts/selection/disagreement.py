"""Where the members of a committee of models disagree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import entr

from mimawari.alerts.selection.pool import Selection, best, need_scores

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    from mimawari.alerts.selection.pool import Pool


def divergence(scores: NDArray[np.floating]) -> NDArray[np.float64]:
    """Give the Jensen-Shannon divergence of the members' opinions, in nats.

    ``H(mean of p_m) - mean of H(p_m)``, where H is the entropy of a violation's probability:
    0 where members agree, ln 2 at most. Unlike the mean's entropy it stays 0 where all members
    say one half: labels do not settle what is truly even. NaN where fewer than two have an
    opinion.

    Parameters
    ----------
    scores
        Probabilities, shape (members, n).

    Examples
    --------
    >>> divergence(np.array([[0.5, 0.0, 0.1], [0.5, 1.0, np.nan]])).round(3).tolist()
    [0.0, 0.693, nan]
    """
    is_scored = ~np.isnan(scores)
    count = is_scored.sum(axis=0)
    p = np.where(is_scored, scores, 0.0)
    inner = np.where(is_scored, entr(p) + entr(1 - p), 0.0)
    at_least_one = np.maximum(count, 1)
    mean = p.sum(axis=0) / at_least_one
    information = entr(mean) + entr(1 - mean) - inner.sum(axis=0) / at_least_one
    return np.asarray(np.where(count > 1, np.maximum(information, 0.0), np.nan))


def disagreement(pool: Pool, budget: int, random: Generator) -> Selection:
    """Choose where models disagree most (see `divergence`); needs two or more.

    Query by committee: Seung, Opper & Sompolinsky, COLT 1992; for probabilistic classifiers
    Dagan & Engelson, "Committee-based sampling for training probabilistic classifiers", ICML
    1995; this measure in McCallum & Nigam, ICML 1998.

    Examples
    --------
    >>> from mimawari.alerts.selection.pool import Pool
    >>> pool = Pool("abc", np.zeros(3, bool), np.array([[0.9, 0.2, 0.5], [0.9, 0.8, 0.5]]))
    >>> disagreement(pool, 1, np.random.default_rng(0)).rows.tolist()
    [1]
    """
    need_scores(pool, 2, "disagreement")
    return Selection.without_probability(best(divergence(pool.scores), pool, budget))
