"""Tabular features of the trees.

Never here: domain, seller, ship-from, style counts, or which fields are missing. They tell
sites and sellers apart, not goods. A missing value is imputed with the neutral one.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import msgspec
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mimawari.listings.batch import ListingBatch
    from mimawari.listings.listing import Listing
    from mimawari.listings.prices import PriceReference

NAMES = (
    "log_price",
    "log_price_over_median",
    "seller_age_log_days",
    "images",
    "rule_hits",
    "rule_severity",
    "word_margin",
    "character_margin",
    "text_margin",
)


class Neutral(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Values that stand in for missing ones: medians of the training rows."""

    log_price: float = 0.0
    seller_age_log_days: float = 0.0


def log_price(listing: Listing) -> float:
    """Give log(1 + price in minor units), NaN where there is none."""
    return math.nan if listing.price_minor is None else math.log1p(listing.price_minor)


def seller_age(listing: Listing) -> float:
    """Give log(1 + days) between the seller's sign-up and the listing, NaN where unknown."""
    at = listing.created_at or listing.updated_at
    if at is None or listing.seller_created_at is None:
        return math.nan
    return math.log1p(max(0.0, (at - listing.seller_created_at).total_seconds() / 86_400))


def fit_neutral(listings: Sequence[Listing]) -> Neutral:
    """Take the medians of what is known."""

    def median(values: list[float]) -> float:
        known = [v for v in values if not math.isnan(v)]
        return float(np.median(known)) if known else 0.0

    return Neutral(
        median([log_price(listing) for listing in listings]),
        median([seller_age(listing) for listing in listings]),
    )


def compute(
    batch: ListingBatch,
    margins: NDArray[np.floating],
    rules: NDArray[np.floating] | None,
    prices: PriceReference,
    neutral: Neutral,
) -> NDArray[np.float32]:
    """Give the features in the order of `NAMES`, shape (len(batch), len(NAMES)).

    Parameters
    ----------
    margins
        Margins of words, of characters, and of both with the intercept; shape (n, 3).
    rules
        Rules of the topic that hit and their largest severity, shape (n, 2); None is 0.
    """
    out = np.zeros((len(batch), len(NAMES)), np.float32)
    for i, listing in enumerate(batch.listings):
        price, age, ratio = log_price(listing), seller_age(listing), prices.ratio(listing)
        out[i, 0] = neutral.log_price if math.isnan(price) else price
        out[i, 1] = 0.0 if math.isnan(ratio) else math.log(max(ratio, 1e-3))
        out[i, 2] = neutral.seller_age_log_days if math.isnan(age) else age
        out[i, 3] = len(listing.image_urls)
    if rules is not None:
        out[:, 4:6] = rules
    out[:, 6:9] = margins
    return out
