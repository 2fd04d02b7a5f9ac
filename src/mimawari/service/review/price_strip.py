"""Where a price stands among the prices of its category, as positions to draw."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class PriceStrip:
    """Positions on a strip from 0 to 100, on a logarithmic scale.

    ``box`` is the middle half of the category (first and third quartile).
    """

    box_start: float
    box_width: float
    median: float
    this: float


def price_strip(price: float, quantiles: Sequence[float]) -> PriceStrip | None:
    """Place a price among the quantiles (5, 25, 50, 75, 95 %) of its category.

    Gives None where there is nothing to compare with: prices must be positive.

    Examples
    --------
    >>> strip = price_strip(10, [1, 5, 10, 20, 100])
    >>> strip.median, strip.this
    (50.0, 50.0)
    >>> price_strip(0, [1, 5, 10, 20, 100]) is None
    True
    """
    prices = [price, *quantiles]
    if len(quantiles) != 5 or not all(math.isfinite(p) and p > 0 for p in prices):
        return None
    low, high = math.log(min(prices)), math.log(max(prices))

    def place(value: float) -> float:
        return 50.0 if high == low else round(100 * (math.log(value) - low) / (high - low), 1)

    _, first, median, third, _ = map(place, quantiles)
    return PriceStrip(first, round(third - first, 1), median, place(price))
