"""What the conditions of rules may ask of a listing, each worked out when first asked."""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING

from mimawari.listings.currency import EXPONENTS
from mimawari.listings.normalise import canonical

if TYPE_CHECKING:
    from mimawari.listings.listing import Listing
    from mimawari.listings.prices import PriceReference

DAY = 86_400.0
folded = functools.lru_cache(maxsize=65_536)(canonical)


class Facts:
    """Numbers and choices of one listing; an unknown number is NaN and satisfies no bound."""

    __slots__ = ("_ratio", "listing", "prices")

    def __init__(
        self, listing: Listing, prices: PriceReference | None, ratio: float | None = None
    ) -> None:
        self.listing = listing
        self.prices = prices
        self._ratio = ratio

    def price(self, currency: str) -> float:
        """Price in major units, where it is in that currency."""
        listing = self.listing
        if listing.price_minor is None or listing.currency != currency:
            return math.nan
        return float(listing.price_minor / 10 ** EXPONENTS.get(currency, 2))

    def price_vs_median(self) -> float:
        """Price over the median of its category."""
        if self._ratio is not None:
            return self._ratio
        return math.nan if self.prices is None else self.prices.ratio(self.listing)

    def seller_age_days(self) -> float:
        """Days from the seller's registration to the listing."""
        at, since = self.listing.created_at, self.listing.seller_created_at
        return math.nan if at is None or since is None else (at - since).total_seconds() / DAY

    def image_count(self) -> float:
        """Count the images."""
        return float(len(self.listing.image_urls))

    def has_value(self, kind: str, attribute: str | None, values: frozenset[str]) -> bool:
        """Whether a field has one of the (folded) values; categories match by prefix."""
        if kind == "category":
            return any(folded(c).startswith(v) for c in self.listing.category for v in values)
        if kind == "attribute":
            value = self.listing.attributes.get(attribute or "")
        else:
            value = getattr(self.listing, kind)
        return value is not None and folded(str(value)) in values
