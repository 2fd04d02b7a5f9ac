"""Which text margins are worth asking the trees: those that could still reach a floor."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from mimawari.detectors.gbdt import features

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mimawari.detectors.gbdt.detector import GbdtDetector
    from mimawari.detectors.gbdt.forest import Forest

TEXT_MARGIN = features.NAMES.index("text_margin")
# Margins at which a calibration is tabled to find the margin of a floor, rounded down.
GRID = np.linspace(-50, 50, 5001)
SLACK = 1e-6


class Reach:
    """How far one model's trees could lift a score, found when a floor is first given."""

    def __init__(self, model: GbdtDetector, forest: Forest) -> None:
        self._model, self._forest = model, forest

    @cached_property
    def _levels(self) -> NDArray[np.float32]:
        return self._model.calibrate(GRID)

    @cached_property
    def _upper(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Give the ends of the intervals of the text margin, and the largest tree sum in each."""
        bound = self._forest.bound(TEXT_MARGIN)
        ends = np.array([-np.inf, *bound.cuts, np.inf])
        return ends[:-1], ends[1:], bound.bounds

    def least_margin(self, floor: float | None) -> float:
        """Give the text margin under which no trees could lift a score to a floor.

        Nothing is out of reach without a floor, or of one that is 0 or not a number.
        """
        if floor is None or not floor > 0:
            return -np.inf
        at = int(np.searchsorted(self._levels, floor - SLACK))
        needed = -np.inf if at == 0 else GRID[at - 1]
        low, high, most = self._upper
        reached = np.maximum(low, needed - most)
        possible = reached <= high
        return float(reached[possible].min(initial=np.inf))
