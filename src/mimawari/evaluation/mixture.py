"""Sums of bets, kept as logarithms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def log_total(paths: Floats) -> Floats:
    """Give the log of the sum of the bets' wealth: bets in rows, shape (bets, n) to (n,).

    As `scipy.special.logsumexp` for finite or minus infinite logs, an order of magnitude faster.

    Examples
    --------
    >>> log_total(np.log([[1.0, 2.0], [3.0, 4.0]])).round(6).tolist()
    [1.386294, 1.791759]
    """
    top = np.maximum(paths.max(axis=0), -1e300)
    return np.asarray(top + np.log(np.exp(paths - top).sum(axis=0)), np.float64)
