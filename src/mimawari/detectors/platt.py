"""Margins on the scale of log-odds, by Platt's line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

from mimawari.records.background import Background

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

LEAST_SLOPE = 1e-3


class Scale(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A line from margins to log-odds, or from margins to what another line takes.

    Parameters
    ----------
    highest
        Margins above this one, which no held-out row had, count as this one. What a costly member
        may say at most is thus known before it is asked.
    """

    slope: float
    intercept: float
    highest: float | None = None

    @property
    def most(self) -> float:
        """Log-odds of the highest margin; infinite where there is none."""
        return np.inf if self.highest is None else self.slope * self.highest + self.intercept

    def log_odds(self, margin: Floats) -> Floats:
        """Give the log-odds of margins."""
        at = margin if self.highest is None else np.minimum(margin, self.highest)
        log_odds: Floats = self.slope * at + self.intercept
        return log_odds

    def of_margins(self, background: Background) -> Scale:
        """Give the line from margins, where this one takes deviations from their background.

        Examples
        --------
        >>> Scale(2.0, 1.0, highest=3.0).of_margins(Background(mean=4.0, spread=0.5))
        Scale(slope=4.0, intercept=-15.0, highest=5.5)
        """
        slope = self.slope / background.spread
        highest = self.highest
        if highest is not None:
            highest = background.mean + background.spread * highest
        return Scale(slope, self.intercept - slope * background.mean, highest)


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
    slope, intercept = fit_line(margin[known, None], y[known], weight[known])
    # A margin that says nothing (or the reverse) still keeps its order.
    return Scale(max(float(slope[0]), LEAST_SLOPE), intercept)


def rises(margin: Floats, y: NDArray[np.bool_], weight: Floats) -> bool:
    """Say whether the line to log-odds rises: whether a margin says anything of violations.

    Examples
    --------
    >>> y = np.arange(40) % 4 == 0
    >>> rises(y * 1.0, y, np.ones(40)), rises(y * -1.0, y, np.ones(40))
    (True, False)
    """
    return fit_scale(margin, y, weight).slope > LEAST_SLOPE


def fit_line(x: Floats, y: NDArray[np.bool_], weight: Floats) -> tuple[Floats, float]:
    """Fit log-odds as a linear function of columns, nearly without a penalty.

    Returns
    -------
    slopes, intercept
        One slope a column.
    """
    from sklearn.linear_model import LogisticRegression  # slow to import, and only training asks

    model = LogisticRegression(C=1e4, max_iter=1000).fit(x, y, sample_weight=weight)
    return model.coef_[0], float(model.intercept_[0])


def bounded(scale: Scale, margin: Floats) -> Scale:
    """Let a scale say no more than it does of the highest margin there is.

    Examples
    --------
    >>> scale = bounded(Scale(2.0, 1.0), np.array([0.5, np.nan, -1.0]))
    >>> scale.log_odds(np.array([-1.0, 0.5, 7.0])).tolist()
    [-1.0, 2.0, 2.0]
    """
    return msgspec.structs.replace(scale, highest=float(np.nanmax(margin)))
