"""Whether days differ more than chance allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

# As few as a trial may end on: with 5, half a day-by-model effect's false promotions slip by.
LEAST_DAYS = 3


def dispersion_trajectory(days: ArrayLike, differences: ArrayLike) -> Floats:
    """Give phi after each pair: the variance of the days' sums over that of independent pairs.

    ``phi = sum_d (S_d - n_d m)^2 / (n_d s^2) / (D - 1)`` over D days with n_d pairs of sum S_d;
    m and s^2 are mean and variance of all differences so far (Pearson's statistic over its
    degrees of freedom; McCullagh & Nelder 1989, section 4.5). About 1 where a model is as good
    on one day as on another; 1 with fewer than 3 days or no variance.

    Parameters
    ----------
    days, differences
        Shape (n,): the day of each pair, and candidate's label less the champion's.

    Examples
    --------
    >>> dispersion_trajectory([0, 1, 2, 3, 4], [1, -1, 1, -1, 1]).round(3).tolist()
    [1.0, 1.0, 1.5, 1.333, 1.25]
    """
    day, d = np.asarray(days), np.asarray(differences, np.float64)
    if not len(d):
        return np.zeros(0)
    names, at = np.unique(day, return_inverse=True)
    order = np.argsort(at, kind="stable")
    starts = np.searchsorted(at[order], np.arange(len(names)))
    begun = np.repeat(starts, np.diff(np.append(starts, len(d))))
    # Within each day, the sum and the count after each of its pairs; S^2/n before and after.
    whole = np.concatenate(([0.0], np.cumsum(d[order])))
    position = np.arange(len(d))
    sums, counts = whole[1:] - whole[begun], position - begun + 1
    after = sums**2 / counts
    before = np.where(counts > 1, np.append(0.0, after[:-1]), 0.0)
    changes = np.empty(len(d))
    changes[order] = after - before
    opened = np.zeros(len(d))
    opened[order[starts]] = 1
    n, seen = position + 1.0, np.cumsum(opened)
    mean = np.cumsum(d) / n
    variance = np.cumsum(d**2) / n - mean**2
    spread = np.cumsum(changes) - n * mean**2
    known = (seen >= LEAST_DAYS) & (variance > 1e-12)
    phi = np.ones(len(d))
    phi[known] = spread[known] / variance[known] / (seen[known] - 1)
    return phi
