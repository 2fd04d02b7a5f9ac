"""What an answer is worth beside the first stage's score, learnt from decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, logit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

LEAST, MOST = 1e-6, 1 - 1e-6


class Weights(msgspec.Struct, frozen=True, kw_only=True):
    """How a first-stage score and an answer make one probability.

    The log-odds are ``intercept + slope * logit(score) + weight * margin(answer)``, where the
    margin of an answer of 0 to 100 goes from -1 to 1. The defaults are what holds without any
    decision: a sure answer changes the odds by a factor of e^0.5, about 1.6, and not more.

    Examples
    --------
    >>> Weights().apply([0.2, 0.2, 0.2], [0, 50, 100]).round(2).tolist()
    [0.13, 0.2, 0.29]
    """

    intercept: float = 0.0
    slope: float = 1.0
    weight: float = 0.5

    def apply(self, scores: ArrayLike, answers: ArrayLike) -> NDArray[np.float64]:
        """Give probabilities, shape (n,), of scores of 0 to 1 and answers of 0 to 100."""
        return np.asarray(expit(_features(scores, answers) @ self._vector()), np.float64)

    def _vector(self) -> NDArray[np.float64]:
        return np.array([self.intercept, self.slope, self.weight])


# Standard deviations of the prior: how far decisions pull each number from its default. The score
# is calibrated already, so its slope is held closer.
PRIOR = (1.0, 0.3, 1.0)


def learn(scores: Sequence[float], answers: Sequence[float], violates: Sequence[int]) -> Weights:
    """Give the weights that decisions speak for, shrunk to the defaults.

    A logistic regression on both numbers with a normal prior around the defaults (maximum a
    posteriori). Decisions are of what was listed, which depends on these two numbers and on
    nothing else that tells of the violation: so the regression is not biased by it.

    Parameters
    ----------
    scores, answers
        Of the first stage, 0 to 1; of the second, 0 to 100.
    violates
        What was decided, 1 or 0.

    Examples
    --------
    >>> learn([], [], []) == Weights()
    True
    >>> rng = np.random.default_rng(3)
    >>> truth = rng.random(4000) < 0.3
    >>> answers = np.where(rng.random(4000) < np.where(truth, 0.9, 0.2), 100, 0)
    >>> weights = learn([0.3] * 4000, answers.tolist(), truth.astype(int).tolist())
    >>> weights.apply([0.3, 0.3], [0, 100]).round(1).tolist()
    [0.1, 0.7]
    """
    if not len(scores):
        return Weights()
    features, y = _features(scores, answers), np.asarray(violates, np.float64)
    prior, spread = Weights()._vector(), np.array(PRIOR)

    def loss(vector: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        margins, away = features @ vector, (vector - prior) / spread
        value = np.logaddexp(0, margins).sum() - y @ margins + away @ away / 2
        return float(value), features.T @ (expit(margins) - y) + away / spread

    best = minimize(loss, prior, jac=True, method="BFGS").x
    return Weights(intercept=float(best[0]), slope=float(best[1]), weight=float(best[2]))


def _features(scores: ArrayLike, answers: ArrayLike) -> NDArray[np.float64]:
    first = logit(np.clip(np.asarray(scores, np.float64), LEAST, MOST))
    second = np.asarray(answers, np.float64) / 50 - 1
    return np.column_stack([np.ones_like(first), first, second])
