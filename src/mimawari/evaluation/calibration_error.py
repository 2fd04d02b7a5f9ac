"""Expected calibration error for rare violations: equal bins, weights, and without its bias."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def calibration_error(
    scores: NDArray[np.floating],
    labels: NDArray[np.integer],
    weights: Floats | None = None,
    bins: int = 15,
    debias: bool = True,
) -> float:
    """Give the expected calibration error over bins of equal weight, without the bins' noise.

    ``ECE = sum_b w_b |rate_b - score_b| / sum_b w_b`` (Naeini, Cooper & Hauskrecht, AAAI 2015)
    over bins of equal weight (Nixon et al. 2019; ties stay together). A bin of few rows has a
    gap even where the scores are right, so the plain sum is too high. What chance adds to each
    gap is taken off, ``E|N(gap_b, v_b)| - |gap_b|`` (Kumar, Liang & Ma, NeurIPS 2019, section
    5), with ``v_b = r_b (1 - r_b) / n_b``; not below 0 in all. Two changes for rare violations:
    n_b is Kish's effective number of rows of the weights, and r_b is the bin's rate with one
    row of the rate at large added, as a bin without a violation is not one without noise.

    Of rare violations the error is small whatever is wrong, since nearly all rows score near 0:
    at most about their share and the mean score, so that .003 is much where 1 in 300 violates.
    Compare it with the prevalence, or between two scores of the same rows. Rows are taken to be
    independent; those of a seller who lists much are not, and the bias taken off is too small.

    Parameters
    ----------
    scores, labels
        Probabilities and 0 or 1, shape (n,).
    weights
        Listings that each row stands for (1 over its probability of being drawn).

    Examples
    --------
    >>> scores = np.repeat([0.1, 0.3], 1000)
    >>> labels = np.concatenate((np.arange(1000) < 100, np.arange(1000) < 500)).astype(np.int8)
    >>> round(calibration_error(scores, labels, bins=2), 3)
    0.096
    >>> round(calibration_error(scores, labels, bins=2, debias=False), 3)
    0.1
    """
    if not len(scores):
        return math.nan
    s, y = np.asarray(scores, np.float64), np.asarray(labels, np.float64)
    w = np.ones(len(s)) if weights is None else np.asarray(weights, np.float64)
    of_row = equal_bins(s, w, bins)
    total = np.bincount(of_row, w)
    gap = np.bincount(of_row, w * (y - s)) / total
    error = float(total @ np.abs(gap) / total.sum())
    if not debias:
        return error
    rate, rows = np.bincount(of_row, w * y) / total, total**2 / np.bincount(of_row, w * w)
    rate = (rate * rows + w @ y / w.sum()) / (rows + 1)
    noise = _mean_of_absolute(gap, np.sqrt(rate * (1 - rate) / rows)) - np.abs(gap)
    return max(0.0, error - float(total @ noise / total.sum()))


def equal_bins(scores: Floats, weights: Floats, bins: int) -> NDArray[np.int64]:
    """Give each score its bin, from 0 on, of nearly equal weight; equal scores share one.

    Examples
    --------
    >>> equal_bins(np.array([0.1, 0.1, 0.2, 0.9]), np.array([1.0, 1.0, 1.0, 3.0]), 2).tolist()
    [0, 0, 0, 1]
    """
    _, of_row = np.unique(scores, return_inverse=True)
    mass = np.bincount(of_row, weights)
    middle = np.cumsum(mass) - mass / 2
    _, of_value = np.unique(np.floor(bins * middle / mass.sum()), return_inverse=True)
    return np.asarray(of_value[of_row], np.int64)


def _mean_of_absolute(mean: Floats, spread: Floats) -> Floats:
    """Give E|X| of a normal X: that of the folded normal distribution."""
    z = np.divide(mean, spread, out=np.full(len(mean), np.inf), where=spread > 0)
    density = np.exp(-np.square(z) / 2) * math.sqrt(2 / math.pi)
    return np.asarray(spread * density + mean * (1 - 2 * ndtr(-z)), np.float64)
