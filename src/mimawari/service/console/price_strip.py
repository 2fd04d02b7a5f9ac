"""Where a price stands among the prices of its category, as positions to draw."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from mimawari.listings.currency import from_minor
from mimawari.listings.prices import levels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mimawari.listings.listing import Listing
    from mimawari.listings.prices import PriceReference


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


@dataclass(frozen=True, slots=True)
class PriceBox:
    """A price, where it stands, and what it was compared with in words."""

    text: str = ""
    strip: PriceStrip | None = None
    compared: str = ""


def price_box(listing: Listing, reference: PriceReference) -> PriceBox:
    """Compare a listing's price with those of the closest category that has enough."""
    if listing.price_minor is None or listing.currency is None:
        return PriceBox()
    strip, compared = None, ""
    for depth, key in zip(range(len(listing.category), -1, -1), levels(listing), strict=True):
        level = reference.levels.get(key)
        if level is None:
            continue
        _low, first, median, third, _high = level.quantiles
        sentence = _(
            "Median %(median)s, middle half %(first)s to %(third)s; "
            "%(count)s prices of %(category)s"
        )
        compared = sentence % {
            "count": f"{level.count:,}",
            "category": " › ".join(listing.category[:depth]) or _("all categories"),
            "median": money(median, listing.currency),
            "first": money(first, listing.currency),
            "third": money(third, listing.currency),
        }
        strip = price_strip(listing.price_minor, level.quantiles)
        break
    text = money(listing.price_minor, listing.currency)
    return PriceBox(text, strip, compared)


def money(minor: float, currency: str) -> str:
    """Give an amount in major units, as '12.50 USD'.

    Examples
    --------
    >>> money(123_450, "USD"), money(800.4, "JPY")
    ('1,234.50 USD', '800 JPY')
    """
    return f"{from_minor(round(minor), currency):,} {currency}"
