"""Weights of labels that came about by chance beside those of the list."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def inverse_propensity(
    probability: NDArray[np.floating], least_effective: float = 0.5
) -> NDArray[np.float64]:
    """Give weights for training on listed and explored listings together.

    ``1 / probability``, where a listed listing has probability 1, trimmed at the largest cap
    that keeps Kish's effective size ``(sum w)^2 / sum w^2`` at ``least_effective`` of the
    rows, then divided by their mean (stabilised: a learner's regularisation keeps its
    meaning). Untrimmed weights would be unbiased, but a dozen explored listings that stand for
    a million would drown everything else (Lee, Lessler & Stuart, PLoS ONE 2011).

    Examples
    --------
    >>> inverse_propensity(np.ones(3)).tolist()
    [1.0, 1.0, 1.0]
    >>> w = inverse_propensity(np.array([1.0] * 98 + [1e-6] * 2))
    >>> bool(w[-1] > 5), round(float(w.mean()), 9), bool(w.sum() ** 2 / (w * w).sum() > 49.9)
    (True, 1.0, True)
    """
    weight = 1 / np.asarray(probability, np.float64)
    if not len(weight):
        return weight
    if _effective(weight) < least_effective * len(weight):
        low, high = float(weight.min()), float(weight.max())
        for _ in range(60):
            middle = math.sqrt(low * high)
            if _effective(np.minimum(weight, middle)) < least_effective * len(weight):
                high = middle
            else:
                low = middle
        weight = np.minimum(weight, low)
    return np.asarray(weight / weight.mean(), np.float64)


def _effective(weight: NDArray[np.float64]) -> float:
    return float(weight.sum() ** 2 / np.square(weight).sum())
