"""From margins to probabilities, as data: Platt, beta or isotonic by the number of positives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec
import numpy as np

from mimawari.detectors.curves import Curves
from mimawari.detectors.platt import fit_line, fit_scale

if TYPE_CHECKING:
    from numpy.typing import NDArray

BETA_FROM, ISOTONIC_FROM = 100, 1000


class Calibration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A strictly growing map of margins to probabilities.

    Parameters
    ----------
    kind
        The form of the curve.
    slope, intercept
        Platt's sigmoid of ``slope * margin + intercept``.
    beta
        Factors of log p and -log(1 - p) and the constant (Kull et al., 2017).
    knots, values
        Isotonic steps, joined by lines.

    Examples
    --------
    >>> Calibration("platt", 2.0, 1.0).apply(np.array([-0.5, 0.5])).tolist()[0]
    0.5
    """

    kind: Literal["platt", "beta", "isotonic"]
    slope: float = 1.0
    intercept: float = 0.0
    beta: tuple[float, float, float] = (1.0, 1.0, 0.0)
    knots: tuple[float, ...] = ()
    values: tuple[float, ...] = ()

    def apply(self, margins: NDArray[np.floating]) -> NDArray[np.float32]:
        """Give the probability of each margin; same shape."""
        shape = np.shape(margins)
        return Curves.of([self]).probabilities(np.reshape(margins, (-1, 1))).reshape(shape)


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
