"""The table modality: price, seller's age, brand and category.

Never here: domain, seller, style counts. A number that is not known is left at the mean of the
training rows, where it says nothing; a listing without price, brand and category has no table.
"""

from __future__ import annotations

import math
import zlib
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from mimawari.detectors.gbdt.features import log_price, seller_age
from mimawari.detectors.gmu.spec import NUMBERS
from mimawari.listings.listing import Condition
from mimawari.listings.normalise import canonical

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mimawari.listings.listing import Listing
    from mimawari.listings.prices import PriceReference


class Scaling(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Mean and deviation of each number among the training rows that know it."""

    means: tuple[float, ...] = (0.0,) * len(NUMBERS)
    deviations: tuple[float, ...] = (1.0,) * len(NUMBERS)


def raw_numbers(listings: Sequence[Listing], prices: PriceReference) -> NDArray[np.float64]:
    """Give the numbers in the order of `NUMBERS`, NaN where unknown; shape (n, numbers)."""

    def log_ratio(listing: Listing) -> float:
        ratio = prices.ratio(listing)
        return math.nan if math.isnan(ratio) else math.log(max(ratio, 1e-3))

    rows = [(log_price(listing), log_ratio(listing), seller_age(listing)) for listing in listings]
    return np.array(rows, np.float64).reshape(-1, len(NUMBERS))


def fit_scaling(numbers: NDArray[np.float64]) -> Scaling:
    """Measure the training rows; a number that none or one value knows is left as it is.

    Examples
    --------
    >>> fit_scaling(np.array([[1.0, np.nan, 5.0], [3.0, np.nan, 5.0]]))
    Scaling(means=(2.0, 0.0, 5.0), deviations=(1.0, 1.0, 1.0))
    """
    known = [column[~np.isnan(column)] for column in numbers.T]
    means = tuple(float(k.mean()) if len(k) else 0.0 for k in known)
    spread = [float(k.std()) if len(k) else 0.0 for k in known]
    return Scaling(means, tuple(s if s > 0 else 1.0 for s in spread))


def scaled_numbers(
    listings: Sequence[Listing], prices: PriceReference, scaling: Scaling
) -> NDArray[np.float32]:
    """Give standardised numbers within four deviations, 0 where unknown; shape (n, numbers)."""
    numbers = raw_numbers(listings, prices)
    away = (numbers - np.array(scaling.means)) / np.array(scaling.deviations)
    return np.asarray(np.nan_to_num(np.clip(away, -4, 4), nan=0.0), np.float32)


def has_table(listing: Listing) -> bool:
    """Say whether anything of the table is known."""
    return listing.price_minor is not None or bool(listing.brand) or bool(listing.category)


def shelves(listing: Listing, bits: int) -> tuple[int, ...]:
    """Give the buckets of brand, condition and each level of the category.

    Examples
    --------
    >>> from mimawari.listings.listing import Listing
    >>> listing = Listing(id="1", version=1, seller_id="s", title="t", brand="NIKE")
    >>> shelves(listing, 12) == shelves(msgspec.structs.replace(listing, brand="ナイキ"), 12)
    True
    """
    condition = "" if listing.condition is Condition.UNKNOWN else listing.condition.value
    return _shelves(listing.brand or "", listing.category, condition, bits)


@lru_cache(maxsize=65_536)
def _shelves(brand: str, category: tuple[str, ...], condition: str, bits: int) -> tuple[int, ...]:
    names = [f"brand/{canonical(brand)}"] if brand else []
    names += [f"condition/{condition}"] if condition else []
    steps = [canonical(step) for step in category]
    names += ["category/" + "/".join(steps[: depth + 1]) for depth in range(len(steps))]
    return tuple(zlib.crc32(name.encode()) % (1 << bits) for name in names)


def shelf_means(
    listings: Sequence[Listing], bits: int, vectors: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Average each listing's vectors of brand and category, zeros without any; shape (n, width)."""
    out = np.zeros((len(listings), vectors.shape[1]), np.float32)
    for row, listing in enumerate(listings):
        if shelf_rows := shelves(listing, bits):
            out[row] = vectors[list(shelf_rows)].mean(axis=0)
    return out
