"""How long a label takes, and how that may depend on what it says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Delays:
    """Days from assignment to label: lognormal, longer for some.

    Parameters
    ----------
    median
        Days, where nothing makes it longer.
    spread
        Sd of the logarithm.
    slow_candidate_negatives
        Factor for harmless items of the candidate: the trap of completion order, in which
        the candidate's violations are always counted first.

    Examples
    --------
    >>> Delays(median=0.5, spread=0.0, slow_candidate_negatives=4.0).days(
    ...     np.array([1, 0], np.int8), candidate=True, random=np.random.default_rng(0)
    ... ).tolist()
    [0.5, 2.0]
    """

    median: float = 0.5
    spread: float = 1.0
    slow_candidate_negatives: float = 1.0

    def days(
        self, labels: NDArray[np.int8], candidate: bool, random: np.random.Generator
    ) -> NDArray[np.float64]:
        """Draw the delay of each label."""
        drawn = self.median * random.lognormal(0.0, self.spread, labels.shape)
        slow = self.slow_candidate_negatives if candidate else 1.0
        return np.where(labels == 0, drawn * slow, drawn)
