"""The calibration curves of many models as flat arrays, and the loop that applies them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mimawari.detectors.calibration import Calibration

KINDS = ("platt", "beta", "isotonic")
# Isotonic steps tie many margins; a little of Platt's curve keeps their order.
STEP_SHARE = 0.99
fast = njit(cache=True, nogil=True)


class Curves(NamedTuple):
    """One curve a column.

    Parameters
    ----------
    kind
        Position in `KINDS`.
    line
        Slope and intercept of Platt's sigmoid, shape (curves, 2).
    beta
        Factors and constant of the beta curve, shape (curves, 3).
    starts, knots, values
        Isotonic steps of curve ``i`` are those from ``starts[i]`` to ``starts[i + 1]``.
    """

    kind: NDArray[np.int8]
    line: NDArray[np.float64]
    beta: NDArray[np.float64]
    starts: NDArray[np.int64]
    knots: NDArray[np.float64]
    values: NDArray[np.float64]

    @classmethod
    def of(cls, calibrations: Sequence[Calibration]) -> Curves:
        """Lay the curves out."""
        return cls(
            np.array([KINDS.index(c.kind) for c in calibrations], np.int8),
            np.array([(c.slope, c.intercept) for c in calibrations], np.float64).reshape(-1, 2),
            np.array([c.beta for c in calibrations], np.float64).reshape(-1, 3),
            np.cumsum([0, *(len(c.knots) for c in calibrations)]),
            np.array([knot for c in calibrations for knot in c.knots], np.float64),
            np.array([value for c in calibrations for value in c.values], np.float64),
        )

    def probabilities(self, margins: NDArray[np.floating]) -> NDArray[np.float32]:
        """Turn margins (n, curves) into probabilities; not a number stays so.

        Examples
        --------
        >>> from mimawari.detectors.calibration import Calibration
        >>> curves = Curves.of([Calibration("platt", 2.0), Calibration("beta")])
        >>> curves.probabilities(np.zeros((1, 2))).tolist()
        [[0.5, 0.5]]
        """
        out = np.empty(margins.shape, np.float32)
        _apply(margins, *self, out)
        return out


@fast
def _sigmoid(x):
    return 1.0 / (1.0 + math.exp(-x))


@fast
def _step(knots, values, first, end, margin):
    """Read the steps at a margin, joined by lines; flat beyond both ends."""
    low, high = first, end
    while low < high:
        middle = (low + high) // 2
        if knots[middle] <= margin:
            low = middle + 1
        else:
            high = middle
    if low == first:
        return values[first]
    if low == end:
        return values[end - 1]
    slope = (values[low] - values[low - 1]) / (knots[low] - knots[low - 1])
    return slope * (margin - knots[low - 1]) + values[low - 1]


@fast
def _apply(margins, kind, line, beta, starts, knots, values, out):
    for row in range(len(margins)):
        for i in range(len(kind)):
            margin = np.float64(margins[row, i])
            if margin != margin:
                out[row, i] = np.nan
            elif kind[i] == 1:
                tail = math.log1p(math.exp(-abs(margin)))
                log_p, minus_log_rest = min(margin, 0.0) - tail, max(margin, 0.0) + tail
                sum_of_logs = log_p * beta[i, 0] + minus_log_rest * beta[i, 1]
                out[row, i] = _sigmoid(sum_of_logs + beta[i, 2])
            else:
                p = _sigmoid(line[i, 0] * margin + line[i, 1])
                if kind[i] == 2:
                    step = _step(knots, values, starts[i], starts[i + 1], margin)
                    p = STEP_SHARE * step + (1 - STEP_SHARE) * p
                out[row, i] = p
