"""Whether trees earn their place: they must rank unseen sellers better, beyond chance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

DRAWS, SURE = 200, 0.95


class Ranking:
    """Rows in the order of their scores, sorted once and measured under many weights.

    Parameters
    ----------
    y
        Whether each row violates, shape (n,), not empty.
    scores
        The highest first; rows of one score count together.

    Examples
    --------
    >>> ranking = Ranking(np.array([True, False, True]), np.array([0.9, 0.8, 0.7]))
    >>> round(ranking.average_precision(np.ones(3)), 4)
    0.8333
    >>> ranking.average_precision(np.array([1, 1, 0]))
    1.0
    """

    def __init__(self, y: NDArray[np.bool_], scores: NDArray[np.float64]) -> None:
        self._order = np.argsort(-scores, kind="stable")
        ranked = scores[self._order]
        self._last = np.append(np.flatnonzero(ranked[1:] != ranked[:-1]), len(ranked) - 1)
        self._hit = y[self._order]

    def average_precision(self, weight: NDArray[np.float64]) -> float:
        """Give what scikit-learn's ``average_precision_score`` gives, which sorts each time.

        Some violation must have a weight above 0.
        """
        drawn = weight[self._order]
        above = np.cumsum(drawn)[self._last]
        caught = np.cumsum(drawn * self._hit)[self._last]
        # Above the first row that was drawn there is nothing, and nothing is caught.
        precision = np.divide(caught, above, out=np.zeros(len(above)), where=above > 0)
        return float(np.diff(caught, prepend=0.0) @ precision / caught[-1])


def ranks_better(
    y: NDArray[np.bool_],
    new: NDArray[np.float64],
    old: NDArray[np.float64],
    weight: NDArray[np.float64],
    groups: NDArray[np.str_],
    seed: int = 0,
) -> bool:
    """Say whether ``new`` has the larger average precision in nearly all draws of sellers.

    Sellers are resampled with replacement, a seller's rows together; both rankings are
    measured on the same draws, and ``new`` must win in 95 of 100 of those with a violation. So
    a chance gain on the listings of one seller is not taken for knowledge of the goods. It
    assumes that sellers are independent (Field & Welsh 2007); with few sellers the draws
    are too alike, and the rule less strict than it says.

    Parameters
    ----------
    new, old
        Margins of held-out rows, shape (n,).

    Examples
    --------
    >>> y, sellers = np.array([True, False] * 20), np.arange(40).astype(str)
    >>> old, even = np.zeros(40), np.ones(40)
    >>> ranks_better(y, y * 1.0, old, even, sellers), ranks_better(y, old, old, even, sellers)
    (True, False)
    """
    random = np.random.default_rng(seed)
    names, of_row = np.unique(groups, return_inverse=True)
    rankings = Ranking(y, new), Ranking(y, old)
    wins = draws = 0
    for _ in range(DRAWS):
        times = np.bincount(random.integers(len(names), size=len(names)), minlength=len(names))
        drawn = weight * times[of_row]
        if not drawn[y].any():
            continue
        precisions = [ranking.average_precision(drawn) for ranking in rankings]
        wins, draws = wins + (precisions[0] > precisions[1]), draws + 1
    return draws > 0 and wins >= SURE * draws
