"""Fits the curve from margins to probabilities: Platt, beta or isotonic by the positives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mimawari.detectors.curves import Calibration
from mimawari.detectors.platt import fit_line, fit_scale

if TYPE_CHECKING:
    from numpy.typing import NDArray

BETA_FROM, ISOTONIC_FROM = 100, 1000


def _logs(margins: NDArray[np.floating]) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Give log p and -log(1 - p) of p = sigmoid(margin), without overflow."""
    return -np.logaddexp(0, -margins), np.logaddexp(0, margins)


def fit_calibration(
    margins: NDArray[np.float64], y: NDArray[np.bool_], weight: NDArray[np.float64] | None = None
) -> Calibration:
    """Fit the curve that the number of positives can carry.

    Parameters
    ----------
    margins
        Out of fold, shape (n,).
    weight
        Listings that each row stands for; 1 where not given.
    """
    weight = np.ones(len(y)) if weight is None else weight
    line = fit_scale(margins, y, weight)
    positives = int(y.sum())
    if positives >= ISOTONIC_FROM:
        from sklearn.isotonic import IsotonicRegression  # slow to import, and only training asks

        steps = IsotonicRegression(out_of_bounds="clip").fit(margins, y, sample_weight=weight)
        return Calibration(
            "isotonic",
            line.slope,
            line.intercept,
            knots=tuple(steps.X_thresholds_.tolist()),
            values=tuple(steps.y_thresholds_.tolist()),
        )
    if positives >= BETA_FROM:
        (a, b), c = fit_line(np.column_stack(_logs(margins)), y, weight)
        if min(a, b) > 0:
            return Calibration("beta", beta=(float(a), float(b), c))
    return Calibration("platt", line.slope, line.intercept)
