"""What a second stage must reach, from the distribution of scores and its error rates alone.

Written without the product's code: levels of a calibrated score, an answer that depends on the
truth only, Bayes' rule, and the best part of the best part.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Levels = NDArray[np.float64]


def posteriors(levels: Levels, sensitivity: float, specificity: float) -> tuple[Levels, Levels]:
    """Give, after yes and after no, the probability of a violation at each score."""
    yes = levels * sensitivity
    no = levels * (1 - sensitivity)
    return yes / (yes + (1 - levels) * (1 - specificity)), no / (no + (1 - levels) * specificity)


def precision(
    levels: Levels, considered: float, listed: float, sensitivity: float, specificity: float
) -> float:
    """Give the precision of the best part by posterior among the best part by score.

    Parameters
    ----------
    levels
        Scores that are equally frequent.
    considered, listed
        Parts of all listings: m x K and K.
    """
    order = np.sort(levels)[::-1]
    mass = np.full(len(order), 1 / len(order))
    inside = np.clip(considered - (np.cumsum(mass) - mass), 0, mass)
    says_yes = order * sensitivity + (1 - order) * (1 - specificity)
    after_yes, after_no = posteriors(order, sensitivity, specificity)
    worth = np.concatenate([after_yes, after_no])
    share = np.concatenate([inside * says_yes, inside * (1 - says_yes)])
    best = np.argsort(-worth)
    taken = np.clip(listed - (np.cumsum(share[best]) - share[best]), 0, share[best])
    return float((taken * worth[best]).sum() / taken.sum())


def first_stage(levels: Levels, listed: float) -> float:
    """Give the precision of the best part by score."""
    return precision(levels, listed, listed, 0.5, 0.5)


def same_draws(
    scores: Levels, truth: NDArray[np.bool_], answers: NDArray[np.bool_], k: int, m: int,
    sensitivity: float, specificity: float,
) -> float:  # fmt: skip
    """Give the precision that known error rates reach on one day's own draws, all asked about."""
    best = np.argsort(-scores, kind="stable")[: m * k]
    after_yes, after_no = posteriors(scores[best], sensitivity, specificity)
    posterior = np.where(answers[best], after_yes, after_no)
    return float(truth[best][np.argsort(-posterior, kind="stable")[:k]].mean())
