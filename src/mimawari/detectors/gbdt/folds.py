"""Folds that keep a seller's listings together, and a validation part that comes later."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray


def grouped_folds(
    y: NDArray[np.bool_], groups: NDArray[np.str_], folds: int = 5, seed: int = 0
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield rows to fit on and rows held out; no seller is in both.

    There are never more folds than sellers with a positive.

    Examples
    --------
    >>> y = np.array([True, False, True, False])
    >>> sellers = np.array(["a", "a", "b", "b"])
    >>> [held.tolist() for _, held in grouped_folds(y, sellers, 5)]
    [[2, 3], [0, 1]]
    """
    most = min(folds, len(np.unique(groups[y])))
    cut = StratifiedGroupKFold(most, shuffle=True, random_state=seed)
    for fit, held in cut.split(y, y, groups):
        if y[fit].any() and not y[fit].all():
            yield fit, held


def later_sellers(
    y: NDArray[np.bool_], groups: NDArray[np.str_], times: NDArray[np.float64], share: float = 0.25
) -> NDArray[np.bool_]:
    """Mark the rows of the sellers that came last, holding about ``share`` of the positives.

    Rows of earlier sellers serve to fit, rows of later sellers to validate: new sellers
    at a later time are what a model meets when it serves.

    Parameters
    ----------
    times
        Seconds since the epoch, NaN where unknown; shape (n,). Sellers without any
        time are ordered by a fixed shuffle of their names.
    """
    names, of_row = np.unique(groups, return_inverse=True)
    first = np.full(len(names), np.inf)
    np.minimum.at(first, of_row, np.where(np.isnan(times), np.inf, times))
    shuffled = np.random.default_rng(0).permutation(len(names))
    order = np.lexsort((shuffled, first))
    positives = np.bincount(of_row, weights=y, minlength=len(names))[order]
    late = np.cumsum(positives[::-1])[::-1] <= max(1.0, share * positives.sum())
    chosen = np.zeros(len(names), bool)
    chosen[order[late]] = True
    marked: NDArray[np.bool_] = chosen[of_row]
    return marked
