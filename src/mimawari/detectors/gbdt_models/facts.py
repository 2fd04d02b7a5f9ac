"""Facts of a batch's listings that the features of every model are made of."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mimawari.detectors.gbdt import features

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mimawari.listings.listing import Listing
    from mimawari.listings.prices import PriceReference


@dataclass(frozen=True, slots=True)
class Facts:
    """What is read of the listings whose trees are asked; the other rows are left empty.

    Parameters
    ----------
    tabular
        Log price, log of seller's age, pictures, price; NaN where unknown; shape (n, 4).
    shelves
        Position of the listing's currency and category in ``priced``; -1 without a price.
    priced
        One listing of each currency and category.
    """

    tabular: NDArray[np.float64]
    shelves: NDArray[np.int64]
    priced: tuple[Listing, ...]

    @classmethod
    def of(cls, listings: Sequence[Listing], rows: NDArray[np.int64]) -> Facts:
        """Read some rows."""
        tabular = np.full((len(listings), 4), math.nan)
        shelves = np.full(len(listings), -1, np.int64)
        positions: dict[tuple[str | None, tuple[str, ...]], int] = {}
        priced: list[Listing] = []
        for row in rows.tolist():
            listing = listings[row]
            price = listing.price_minor
            log_price, age = features.log_price(listing), features.seller_age(listing)
            known_price = math.nan if price is None else float(price)
            tabular[row] = log_price, age, len(listing.image_urls), known_price
            if price is not None:
                shelf = (listing.currency, listing.category)
                if shelf not in positions:
                    positions[shelf] = len(priced)
                    priced.append(listing)
                shelves[row] = positions[shelf]
        return cls(tabular, shelves, tuple(priced))

    def medians(self, reference: PriceReference, shelves: NDArray[np.int64]) -> NDArray[np.float64]:
        """Give the median price of some shelves by a reference; NaN for others and unknown.

        A last one stands for listings without a price.
        """
        medians = np.full(len(self.priced) + 1, math.nan)
        for shelf in set(shelves.tolist()) - {-1}:
            level = reference.level(self.priced[shelf])
            if level is not None and level.median > 0:
                medians[shelf] = level.median
        return medians
