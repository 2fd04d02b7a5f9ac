"""What goods of a category usually cost, so that a price can be compared with it."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from statistics import quantiles
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mimawari.listings.listing import Listing


def levels(listing: Listing) -> Iterator[str]:
    """Yield the keys under which a price is filed, most specific first.

    Examples
    --------
    >>> from mimawari.listings.listing import Listing
    >>> list(levels(Listing(id="1", version=1, seller_id="s", title="t", price_minor=1,
    ...                     currency="JPY", category=("Sports", "Golf"))))
    ['JPY/Sports/Golf', 'JPY/Sports', 'JPY']
    """
    for depth in range(len(listing.category), -1, -1):
        yield "/".join((listing.currency or "", *listing.category[:depth]))


class PriceLevel(msgspec.Struct, frozen=True):
    """Quantiles (5, 25, 50, 75, 95 %) of the prices of one level, in minor units."""

    count: int
    quantiles: tuple[float, float, float, float, float]

    @property
    def median(self) -> float:
        """The middle price."""
        return self.quantiles[2]


@dataclass(frozen=True, slots=True)
class PriceReference:
    """Prices by currency and category, with back-off to the parent category.

    A level counts when it saw at least ``least`` prices; currencies are never mixed.
    """

    levels: dict[str, PriceLevel]
    least: int = 20

    @classmethod
    def fit(cls, listings: Iterable[Listing], least: int = 20, most: int = 5_000) -> PriceReference:
        """Collect prices; of each level the first ``most`` are kept (constant memory a level)."""
        prices: dict[str, list[int]] = defaultdict(list)
        for listing in listings:
            if listing.price_minor is not None:
                for key in levels(listing):
                    if len(prices[key]) < most:
                        prices[key].append(listing.price_minor)
        return cls({k: _level(v) for k, v in prices.items() if len(v) >= least}, least)

    def level(self, listing: Listing) -> PriceLevel | None:
        """Give the most specific level that saw enough prices, if any."""
        if listing.price_minor is None:
            return None
        return next((self.levels[k] for k in levels(listing) if k in self.levels), None)

    def ratio(self, listing: Listing) -> float:
        """Give price over the median of its level; NaN where either is unknown.

        Examples
        --------
        >>> from mimawari.listings.listing import Listing
        >>> listing = Listing(id="1", version=1, seller_id="s", title="t", price_minor=500,
        ...                   currency="JPY")
        >>> PriceReference({"JPY": PriceLevel(30, (1, 2, 1000, 4, 5))}).ratio(listing)
        0.5
        """
        level = self.level(listing)
        if level is None or listing.price_minor is None or level.median <= 0:
            return math.nan
        return listing.price_minor / level.median

    def to_json(self) -> bytes:
        """Serialise."""
        return msgspec.json.encode({"least": self.least, "levels": self.levels})

    @classmethod
    def from_json(cls, data: bytes) -> PriceReference:
        """Read what `to_json` wrote."""
        stored = msgspec.json.decode(data, type=_Stored)
        return cls(stored.levels, stored.least)


class _Stored(msgspec.Struct, forbid_unknown_fields=True):
    levels: dict[str, PriceLevel]
    least: int


def _level(prices: list[int]) -> PriceLevel:
    cuts = quantiles(prices, n=20, method="inclusive")
    return PriceLevel(len(prices), (cuts[0], cuts[4], cuts[9], cuts[14], cuts[18]))
