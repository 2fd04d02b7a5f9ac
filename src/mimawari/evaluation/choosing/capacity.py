"""How good the first K alerts are, when rows stand for more listings than one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class AtCapacity:
    """Average precision, precision and recall of the first K alerts."""

    average: float
    precision: float
    recall: float


def at_capacity(
    order: NDArray[np.int64], y: NDArray[np.bool_], weight: NDArray[np.float64], k: float
) -> AtCapacity:
    r"""Measure the first ``k`` listings of a ranking.

    Row ``i`` stands for ``w_i`` listings. With ``W_i`` the listings up to and with row ``i`` of
    the ranking, ``V_i`` the violations among them and ``P(i) = V_i / W_i``::

        AP@K = sum_i w_i y_i P(i) [W_i <= K] / min(K, violations)
        Precision@K = V_K / W_K,   Recall@K = V_K / violations

    AP@K is 1 where the first K hold nothing but violations, or all of them come first. Unlike
    Precision@K it tells apart two rankings that differ within the first K (Manning et al.,
    Introduction to Information Retrieval, section 8.4). NaN without violations.

    Parameters
    ----------
    order
        Ranked rows, best first; rows that are not in it are never alerted.
    weight
        May be 0 (a row that a draw left out).

    Examples
    --------
    >>> at_capacity(np.array([1, 0, 2]), np.array([True, False, True]), np.ones(3), 2)
    AtCapacity(average=0.25, precision=0.5, recall=0.5)
    """
    w, hit = weight[order], y[order]
    listings, caught = np.cumsum(w), np.cumsum(w * hit)
    violations = float((weight * y).sum())
    if violations == 0:
        return AtCapacity(np.nan, np.nan, np.nan)
    # Sums of weights are not exact: a listing too many by a rounding is none too many.
    n = int(np.searchsorted(listings, k * (1 + 1e-9), side="right"))
    listed, violating = (listings[n - 1], caught[n - 1]) if n else (0.0, 0.0)
    precision = np.divide(caught[:n], listings[:n], out=np.zeros(n), where=listings[:n] > 0)
    average = float((w[:n] * hit[:n] * precision).sum() / min(k, violations))
    return AtCapacity(
        average, float(violating / listed) if listed else 0.0, float(violating / violations)
    )
