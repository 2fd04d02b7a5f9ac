"""How many labels it took, and how sure that is."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import t

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.evaluation.bootstrap import Interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mimawari.simulation.labelling.replay import Curve


def labels_to_reach(curve: Curve, target: float, hold: int = 2) -> int | None:
    """Give the labels at the first of ``hold`` rounds in a row that reach the target.

    One round may reach it by luck. None where the curve ends before.

    Examples
    --------
    >>> from mimawari.simulation.labelling.replay import Curve
    >>> curve = Curve((20, 40, 60, 80), (1, 2, 3, 4), (0.9, 0.5, 0.9, 0.8))
    >>> labels_to_reach(curve, 0.8), labels_to_reach(curve, 0.8, hold=1)
    (60, 20)
    >>> labels_to_reach(curve, 0.95) is None
    True
    """
    reached = [value >= target for value in curve.auprc]
    for at in range(len(reached) - hold + 1):
        if all(reached[at : at + hold]):
            return curve.labels[at]
    return None


def over_seeds(values: Sequence[float], level: float = 0.95) -> Interval:
    """Give the geometric mean over seeds, with its interval by Student's t of the logarithms.

    Counts of labels and ratios of them are skewed; their logarithms are less so. One value
    alone has no interval: NaN.

    Raises
    ------
    InvalidInputError
        No value, or one that is not above 0.

    Examples
    --------
    >>> reached = over_seeds([100.0, 400.0, 200.0])
    >>> round(reached.value), round(reached.low), round(reached.high)
    (200, 36, 1119)
    """
    logs = np.log([value for value in values if value > 0])
    if not len(logs) or len(logs) < len(values):
        remedy = "give one or more values above 0"
        raise InvalidInputError(FieldProblem("values", "are empty or not above 0", remedy))
    mean = float(logs.mean())
    if len(logs) == 1:
        return Interval(math.exp(mean), math.nan, math.nan)
    half = float(t.ppf((1 + level) / 2, len(logs) - 1) * logs.std(ddof=1) / math.sqrt(len(logs)))
    return Interval(math.exp(mean), math.exp(mean - half), math.exp(mean + half))
