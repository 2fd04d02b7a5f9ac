"""Whether trees earn their place: they must rank unseen sellers better, beyond chance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from sklearn.metrics import average_precision_score

if TYPE_CHECKING:
    from numpy.typing import NDArray

DRAWS, SURE = 200, 0.95


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
    >>> old, one = np.zeros(40), np.ones(40)
    >>> ranks_better(y, y * 1.0, old, one, sellers), ranks_better(y, old, old, one, sellers)
    (True, False)
    """
    random = np.random.default_rng(seed)
    names, of_row = np.unique(groups, return_inverse=True)
    wins = draws = 0
    for _ in range(DRAWS):
        times = np.bincount(random.integers(len(names), size=len(names)), minlength=len(names))
        drawn = weight * times[of_row]
        kept = drawn > 0
        if not y[kept].any():
            continue
        gain = [
            float(average_precision_score(y[kept], one[kept], sample_weight=drawn[kept]))
            for one in (new, old)
        ]
        wins, draws = wins + (gain[0] > gain[1]), draws + 1
    return draws > 0 and wins >= SURE * draws
