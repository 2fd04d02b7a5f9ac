"""Facts of a batch's listings that the features of every model are made of."""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from mimawari.detectors.gbdt import features

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mimawari.detectors.gbdt.detector import GbdtDetector
    from mimawari.listings.listing import Listing
    from mimawari.listings.prices import PriceReference


class Facts:
    """Reads each listing once, and only when a model asks its trees."""

    def __init__(self, listings: Sequence[Listing]) -> None:
        self._listings = listings
        self._ratios: dict[int, NDArray[np.float32]] = {}

    @cached_property
    def tabular(self) -> NDArray[np.float64]:
        """Log price, log of seller's age (NaN where unknown), pictures; shape (n, 3)."""
        rows = [
            (features.log_price(one), features.seller_age(one), float(len(one.image_urls)))
            for one in self._listings
        ]
        return np.array(rows, np.float64).reshape(-1, 3)

    @cached_property
    def _shelves(self) -> tuple[list[Listing], NDArray[np.int64], NDArray[np.float64]]:
        """Give one priced listing of each currency and category, each row's, and prices."""
        numbers: dict[tuple[str | None, tuple[str, ...]], int] = {}
        priced: list[Listing] = []
        of_row = np.full(len(self._listings), -1, np.int64)
        prices = np.full(len(self._listings), np.nan)
        for row, one in enumerate(self._listings):
            if one.price_minor is None:
                continue
            key = (one.currency, one.category)
            if key not in numbers:
                numbers[key] = len(priced)
                priced.append(one)
            of_row[row], prices[row] = numbers[key], one.price_minor
        return priced, of_row, prices

    def log_ratios(self, reference: PriceReference) -> NDArray[np.float32]:
        """Give log(price over median) by one reference; 0 where either is unknown."""
        if id(reference) not in self._ratios:
            priced, of_row, prices = self._shelves
            found = [reference.level(one) for one in priced]
            medians = [m.median if m and m.median > 0 else math.nan for m in found]
            ratio = prices / np.array([*medians, math.nan])[of_row]
            logs = np.log(np.fmax(ratio, 1e-3), where=~np.isnan(ratio), out=np.zeros(len(ratio)))
            self._ratios[id(reference)] = logs.astype(np.float32)
        return self._ratios[id(reference)]

    def features(
        self, model: GbdtDetector, margins: NDArray[np.float32], rows: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """Give what `GbdtDetector.features` gives, of some rows."""
        out = np.zeros((len(rows), len(features.NAMES)), np.float32)
        tabular, neutral = self.tabular[rows], model._neutral
        known = ~np.isnan(tabular)
        out[:, 0] = np.where(known[:, 0], tabular[:, 0], neutral.log_price)
        out[:, 1] = self.log_ratios(model.prices)[rows]
        out[:, 2] = np.where(known[:, 1], tabular[:, 1], neutral.seller_age_log_days)
        out[:, 3] = tabular[:, 2]
        out[:, 6:9] = margins[rows]
        return out
