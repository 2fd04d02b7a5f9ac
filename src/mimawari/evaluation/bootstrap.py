"""Confidence intervals by resampling groups."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its interval."""

    value: float
    low: float
    high: float


def group_bootstrap(
    measure: Callable[[NDArray[np.int64]], float],
    groups: Sequence[str],
    seed: int,
    draws: int = 500,
    level: float = 0.95,
) -> Interval:
    """Give a measure of all rows and its percentile interval over resampled groups.

    Draws as many groups as there are, with replacement, takes all rows of each, and measures;
    the interval runs between the ``(1 - level) / 2`` quantiles of the draws. It assumes that
    groups (sellers) are independent and alike in distribution; rows within one may depend on
    each other in any way. With few groups (below about 30) it is too narrow. Draws where the
    measure is NaN are left out (Efron & Tibshirani, An Introduction to the Bootstrap, 1993,
    chapter 13; Field & Welsh 2007 on clusters).

    Parameters
    ----------
    measure
        Takes row numbers, some of them repeatedly; may give NaN or infinity.
    groups
        Group of each row; shape (n,), not empty.

    Examples
    --------
    >>> x = np.array([1.0, 1.0, 0.0, 0.0])
    >>> group_bootstrap(lambda rows: float(x[rows].mean()), ["a", "a", "b", "b"], seed=0)
    Interval(value=0.5, low=0.0, high=1.0)
    """
    random = np.random.default_rng(seed)
    names, of_row = np.unique(np.asarray(groups), return_inverse=True)
    members = np.split(np.argsort(of_row, kind="stable"), np.cumsum(np.bincount(of_row))[:-1])
    drawn = (
        measure(np.concatenate([members[i] for i in random.integers(len(names), size=len(names))]))
        for _ in range(draws)
    )
    known = sorted(value for value in drawn if not math.isnan(value))
    value = measure(np.arange(len(of_row)))
    if not known:
        return Interval(value, math.nan, math.nan)
    # Order statistics, not interpolation: a ratio may be infinite.
    cut = int(len(known) * (1 - level) / 2)
    return Interval(value, known[cut], known[-1 - cut])
