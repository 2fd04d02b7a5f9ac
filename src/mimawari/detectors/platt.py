"""Margins on the scale of log-odds, by Platt's line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np
from sklearn.linear_model import LogisticRegression

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


class Scale(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line from margins to log-odds."""

    slope: float
    intercept: float

    def log_odds(self, margin: Floats) -> Floats:
        """Give the log-odds of margins."""
        found: Floats = self.slope * margin + self.intercept
        return found


def fit_scale(margin: Floats, y: NDArray[np.bool_], weight: Floats) -> Scale:
    """Fit a scale to held-out margins (Platt 1999).

    A line keeps the ranking and has two numbers to learn; a curve of more would follow chance
    far out in the tail.

    Examples
    --------
    >>> y = np.arange(40) % 4 == 0
    >>> scale = fit_scale(np.where(y, 1.0, -1.0) * np.tile([1, -1, 1, 1], 10), y, np.ones(40))
    >>> scale.slope > 0
    True
    """
    known = ~np.isnan(margin)
    model = LogisticRegression(C=1e4, max_iter=1000)
    model.fit(margin[known, None], y[known], sample_weight=weight[known])
    # A margin that says nothing (or the reverse) still keeps its order.
    return Scale(max(float(model.coef_[0][0]), 1e-3), float(model.intercept_[0]))
