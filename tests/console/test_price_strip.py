"""Positions stay on the strip and keep the order of the prices."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mimawari.service.console.price_strip import price_strip

prices = st.floats(1e-3, 1e12)


@given(prices, st.lists(prices, min_size=5, max_size=5).map(sorted))
def test_positions_keep_the_order_of_prices(price: float, quantiles: list[float]) -> None:
    strip = price_strip(price, quantiles)
    assert strip is not None
    assert all(0 <= place <= 100 for place in (strip.box_start, strip.median, strip.this))
    assert strip.box_width >= 0
    if price <= quantiles[2]:
        assert strip.this <= strip.median
    if price >= quantiles[2]:
        assert strip.this >= strip.median


@pytest.mark.parametrize("price", [0, -1, math.nan, math.inf])
def test_a_price_that_cannot_be_placed_gives_no_strip(price: float) -> None:
    assert price_strip(price, [1, 2, 3, 4, 5]) is None


def test_too_few_quantiles_give_no_strip() -> None:
    assert price_strip(1, [1, 2, 3]) is None
