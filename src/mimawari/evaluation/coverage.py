"""Coverage: what a set of detectors catches, against rules alone at the same capacity."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mimawari.evaluation.bootstrap import Interval, group_bootstrap
from mimawari.evaluation.precision import ranking

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Coverage:
    """Violations caught in K reviews, by all detectors and by rules alone.

    Adding two adds their counts: the sum over topics is the coverage of the whole.
    """

    caught: int
    rules_caught: int

    @property
    def ratio(self) -> float:
        """``caught / rules_caught``; infinity where rules catch none, NaN where nobody does.

        Examples
        --------
        >>> Coverage(6, 2).ratio, (Coverage(6, 2) + Coverage(4, 0)).ratio
        (3.0, 5.0)
        """
        if self.rules_caught:
            return self.caught / self.rules_caught
        return math.inf if self.caught else math.nan

    def __add__(self, other: Coverage) -> Coverage:
        return Coverage(self.caught + other.caught, self.rules_caught + other.rules_caught)


def coverage(
    scores: NDArray[np.floating],
    rules: NDArray[np.floating],
    labels: NDArray[np.int8],
    k: int,
    keys: Sequence[str],
) -> Coverage:
    """Count the violations among the K best of both rankings of one topic.

    Both sides get the same K reviews, and ties the same order (`tie_break`). Unknown labels
    (-1) count as caught by neither, so both counts are lower bounds; the ratio is unbiased
    only where labels are unknown independently of which side ranked the listing: where only
    one side's alerts were ever reviewed, it favours that side.

    Parameters
    ----------
    scores, rules
        Shape (n,): by all detectors, by rules alone; NaN where none spoke.
    labels
        Shape (n,): 1 violates, 0 does not, -1 unknown.

    Examples
    --------
    >>> nan = np.nan
    >>> coverage(np.array([0.9, 0.8, 0.1]), np.array([nan, 0.5, 0.5]),
    ...          np.array([1, 1, 0], np.int8), 2, ["a", "b", "c"])
    Coverage(caught=2, rules_caught=1)
    """

    def caught(values: NDArray[np.floating]) -> int:
        return int((labels[ranking(values, keys)[:k]] == 1).sum())

    return Coverage(caught(scores), caught(rules))


def coverage_interval(
    scores: NDArray[np.floating],
    rules: NDArray[np.floating],
    labels: NDArray[np.int8],
    k: int,
    keys: Sequence[str],
    groups: Sequence[str],
    seed: int,
    draws: int = 500,
) -> Interval:
    """Give the ratio with its interval over resampled sellers (see `group_bootstrap`).

    Both sides are measured on the same draws, so what they share cancels. K stays as it is.
    """

    def ratio(rows: NDArray[np.int64]) -> float:
        names = [keys[i] for i in rows.tolist()]
        return coverage(scores[rows], rules[rows], labels[rows], k, names).ratio

    return group_bootstrap(ratio, groups, seed, draws)
