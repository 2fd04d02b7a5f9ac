"""Calibration curves as data; those of many models as flat arrays, applied by one loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import msgspec
import numpy as np

from mimawari.detectors.curves.kernel import STEP_SHARE, apply_curves

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Doubles = NDArray[np.float64]

__all__ = ["KINDS", "STEP_SHARE", "Calibration", "Curves"]

KINDS = ("platt", "beta", "isotonic")


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
    line: Doubles
    beta: Doubles
    starts: NDArray[np.int64]
    knots: Doubles
    values: Doubles

    @classmethod
    def of(cls, calibrations: Sequence[Calibration]) -> Curves:
        """Lay the curves out.

        Raises
        ------
        ValueError
            An isotonic curve has no steps, or a curve not as many values as knots.
        """
        for curve in calibrations:
            steps = len(curve.knots)
            if steps != len(curve.values) or (curve.kind == "isotonic" and not steps):
                raise ValueError(f"a curve has {steps} knots and {len(curve.values)} values")
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
        >>> curves = Curves.of([Calibration("platt", 2.0), Calibration("beta")])
        >>> curves.probabilities(np.zeros((1, 2))).tolist()
        [[0.5, 0.5]]
        """
        out = np.empty(margins.shape, np.float32)
        apply_curves(margins, *self, out)
        return out
