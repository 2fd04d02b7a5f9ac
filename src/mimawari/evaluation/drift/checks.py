"""What is refused before it is counted: one wrong number would stay in the evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

ROUNDING = 1e-6  # counts are sums of fractions


def counted(hits: ArrayLike, sellers: ArrayLike) -> NDArray[np.float64]:
    """Give the counts as numbers, which lie between 0 and the number of sellers.

    Examples
    --------
    >>> counted([1, 2.5], 3)
    array([1. , 2.5])
    >>> counted([4], 3)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    mimawari.errors.InvalidInputError: hits: ...
    """
    x, n = np.asarray(hits, np.float64), np.asarray(sellers, np.float64)
    if not ((x >= 0) & (x <= n + ROUNDING) & np.isfinite(n)).all():
        raise InvalidInputError(
            FieldProblem("hits", "are not between 0 and the sellers", "count each seller once")
        )
    return x
