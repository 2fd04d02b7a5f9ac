"""Probabilities of a model made honest again where the market is no longer that of training."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from scipy.special import expit, logit

from mimawari.detectors.gbdt.weights import inverse_propensity
from mimawari.evaluation.precision import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mimawari.evaluation.bootstrap import Interval

    Floats = NDArray[np.float64]

# How far a market is expected to move, before a label was seen: standard deviations of the
# intercept and of the logarithm of the slope. Chosen on sets that `bench calibration` sets aside.
INTERCEPT_SPREAD, SLOPE_SPREAD = 2.0, 0.5
# How alike two labels of a seller are taken to be.
ALIKE = 0.25
# Scores of exactly 0 and 1 say nothing of odds.
LEAST = 1e-6


class Correction(msgspec.Struct, frozen=True):
    """A strictly growing map of probabilities: ``logit q = intercept + slope logit p``.

    Examples
    --------
    >>> Correction(math.log(2), 1.0).apply(np.array([0.0, 0.5, 1.0, np.nan])).round(3).tolist()
    [0.0, 0.667, 1.0, nan]
    """

    intercept: float = 0.0
    slope: float = 1.0

    def __post_init__(self) -> None:
        """Refuse a map that would turn a ranking round."""
        if not (self.slope > 0 and math.isfinite(self.intercept)):
            raise ValueError("a correction has a slope above 0 and a finite intercept")

    def apply(self, scores: NDArray[np.floating]) -> Floats:
        """Correct probabilities, any shape; 0, 1 and NaN stay."""
        return np.asarray(
            expit(self.intercept + self.slope * logit(np.asarray(scores, np.float64))), np.float64
        )


NONE = Correction()


def prior_shift(trained: float | None, estimate: Interval) -> Correction:
    """Move odds by the ratio of the odds of two prevalences, where these surely differ.

    ``q / (1 - q) = p / (1 - p)  [pi' / (1 - pi')] / [pi / (1 - pi)]`` (Elkan, IJCAI 2001,
    theorem 2; Saerens, Latinne & Decaestecker, Neural Computation 2002, equation 2.4), with
    the prevalence pi of training and pi' of today. It assumes that what violates and what does
    not look as they did, only their shares moved. No correction where the interval of pi' holds
    pi, or either is unknown; a point estimate of 0 or 1 is taken at the interval's other end.

    Parameters
    ----------
    trained
        Share of listings that violated where the model was trained, weighted as they were.
    estimate
        Today's share with its interval, as `prevalence.estimate` gives it.

    Examples
    --------
    >>> from mimawari.evaluation.bootstrap import Interval
    >>> half = prior_shift(0.02, Interval(0.01, 0.005, 0.015))
    >>> half.apply(np.array([0.5])).round(3).tolist()
    [0.331]
    >>> prior_shift(0.02, Interval(0.01, 0.005, 0.03))
    Correction(intercept=0.0, slope=1.0)
    """
    now = estimate.value
    if trained is None or not 0 < trained < 1 or math.isnan(now):
        return NONE
    if estimate.low <= trained <= estimate.high:
        return NONE
    now = estimate.high if now <= 0 else estimate.low if now >= 1 else now
    if not 0 < now < 1:
        return NONE
    return Correction(float(logit(now) - logit(trained)), 1.0)


def seller_weights(groups: Sequence[str], alike: float = ALIKE) -> Floats:
    """Give the weight of each label: ``1 / (1 + (m - 1) alike)`` of a seller of m labels.

    The inverse of Kish's design effect (Survey Sampling, 1965, section 5.4), so that what a
    seller says counts as so many independent labels as ``alike``, the correlation of two labels
    of one seller, leaves of it.

    Examples
    --------
    >>> seller_weights(["a", "b", "b"], 0.5).round(3).tolist()
    [1.0, 0.667, 0.667]
    """
    _, of_row, sizes = np.unique(np.asarray(groups), return_inverse=True, return_counts=True)
    return np.asarray(1 / (1 + (sizes[of_row] - 1) * alike), np.float64)


def label_weights(probability: NDArray[np.floating], groups: Sequence[str]) -> Floats:
    """Give the weight of each label: of its seller's many, and of how likely it was to be there.

    `seller_weights` times `inverse_propensity`, whose trimming keeps a dozen explored listings
    that stand for a million from deciding alone.

    Parameters
    ----------
    probability
        1 on the list, that of the draw in the exploration slice, shape (n,).

    Examples
    --------
    >>> label_weights(np.ones(3), ["a", "b", "b"]).round(3).tolist()
    [1.0, 0.8, 0.8]
    """
    return seller_weights(groups) * inverse_propensity(probability)


def recalibrate(
    scores: NDArray[np.floating],
    labels: NDArray[np.int8],
    weights: Floats | None = None,
    start: Correction = NONE,
    spread: tuple[float, float] = (INTERCEPT_SPREAD, SLOPE_SPREAD),
) -> Correction:
    """Fit intercept and slope to labels, shrunk towards a start by how few there are.

    The mode of ``sum_i w_i log P(y_i | a + b logit p_i) - (a - a0)^2 / 2 s^2 - (log b / b0)^2 /
    2 t^2``: Cox's recalibration (Biometrika, 1958) with normal priors. Few labels leave the
    start as it is, many decide alone, and no number of labels is where it begins. Unlike a
    shift of the prior it follows violations that look different too; what it cannot follow is a
    change inside of a range of scores, and it trusts the labels, errors and all.

    Labels of the list and of the exploration slice go in together. Whether a listing was
    labelled depends on its score alone, so among labels of one score the share of violations is
    that of all listings of that score (missing at random given the score; Rubin 1976), and where
    the form holds no weights are needed. It never quite holds: without weights the fit is best
    on the list, which most labels are of; with those of `label_weights` also below it.

    Parameters
    ----------
    scores
        Probabilities of the model, shape (n,); NaN is left out.
    labels
        1 violates, 0 does not, -1 unknown (left out), shape (n,).
    weights
        As `label_weights`; 1 where not given.

    Examples
    --------
    >>> y = np.tile(np.array([1, 0, 0, 0], np.int8), 500)
    >>> corrected = recalibrate(np.full(2000, 0.5), y)
    >>> round(float(corrected.apply(np.array([0.5]))[0]), 2)
    0.25
    >>> recalibrate(np.full(1, 0.5), y[:1]).intercept < 2
    True
    """
    known = (labels != UNKNOWN) & ~np.isnan(scores)
    x = logit(np.clip(np.asarray(scores, np.float64)[known], LEAST, 1 - LEAST))
    y = (labels[known] == 1).astype(np.float64)
    w = np.ones(len(y)) if weights is None else weights[known]
    from scipy.optimize import minimize  # slow to import, and only the keeper asks

    a0, c0 = start.intercept, math.log(start.slope)

    def loss(at: Floats) -> tuple[float, Floats]:
        a, b = at[0], math.exp(at[1])
        margin = a + b * x
        off_a, off_c = (a - a0) / spread[0], (at[1] - c0) / spread[1]
        value = w @ (np.logaddexp(0, margin) - y * margin) + (off_a**2 + off_c**2) / 2
        pull = w * (expit(margin) - y)
        gradient = (pull.sum() + off_a / spread[0], b * (pull @ x) + off_c / spread[1])
        return float(value), np.array(gradient)

    fit = minimize(loss, np.array([a0, c0]), jac=True, method="L-BFGS-B")
    return Correction(float(fit.x[0]), math.exp(float(fit.x[1])))
