"""Precision by part of the market: category, language, price band, age of the seller."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mimawari.evaluation.bootstrap import Interval  # read by msgspec when the types are used
from mimawari.evaluation.intervals import wilson
from mimawari.evaluation.precision import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from mimawari.listings.listing import Listing

NONE = "unknown"
# Bands in minor units span a power of ten, so that they mean something in any currency.
AGES = ((7, "under a week"), (30, "under a month"), (365, "under a year"))
KINDS = ("category", "language", "price", "seller_age")


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of the market, and the share of violations among what was judged in it."""

    kind: str
    name: str
    n: int
    precision: Interval
    differs: bool


def slice_names(listing: Listing, at: datetime | None = None) -> dict[str, str]:
    """Say which slice of each kind a listing is in.

    Parameters
    ----------
    at
        When it was received, for the seller's age; its own times where None.

    Examples
    --------
    >>> from mimawari.listings.listing import Listing
    >>> cup = Listing(id="1", version=1, seller_id="s", title="cup", price_minor=4500,
    ...               currency="JPY", category=("Home", "Cups"), language="ja-JP")
    >>> slice_names(cup)
    {'category': 'Home', 'language': 'ja', 'price': 'JPY 1000 to 9999', 'seller_age': 'unknown'}
    """
    return {
        "category": listing.category[0] if listing.category else NONE,
        "language": (listing.language or NONE).split("-")[0].lower(),
        "price": _price(listing),
        "seller_age": _age(listing, at or listing.created_at or listing.updated_at),
    }


def _price(listing: Listing) -> str:
    if listing.price_minor is None or listing.currency is None:
        return NONE
    low = 10 ** (len(str(listing.price_minor)) - 1) if listing.price_minor > 0 else 0
    return f"{listing.currency} {low} to {low * 10 - 1 if low else 0}"


def _age(listing: Listing, at: datetime | None) -> str:
    if listing.seller_created_at is None or at is None:
        return NONE
    days = (at - listing.seller_created_at).total_seconds() / 86_400
    return next((name for most, name in AGES if days < most), "a year or more")


def by_slice(
    names: Iterable[dict[str, str]], labels: Sequence[int], least: int = 20, level: float = 0.95
) -> list[Slice]:
    """Give the precision of every slice with at least ``least`` labels, by kind and size.

    Wilson intervals at a level that all slices of the table keep together (Bonferroni:
    ``1 - (1 - level) / slices``), so that of twenty slices that are alike none stands out by
    chance. ``differs`` marks those whose interval leaves the whole's precision out.

    Parameters
    ----------
    names
        Slices of each judged listing, as `slice_names` gives them.
    labels
        1 violates, 0 does not, -1 unknown.

    Examples
    --------
    >>> slices = by_slice([{"language": "en"}] * 100 + [{"language": "ja"}] * 100,
    ...                 [1] * 90 + [0] * 10 + [1] * 10 + [0] * 90)
    >>> [(part.name, part.n, part.precision.value, part.differs) for part in slices]
    [('en', 100, 0.9, True), ('ja', 100, 0.1, True)]
    """
    counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    hits = n = 0
    for of, label in zip(names, labels, strict=True):
        if label == UNKNOWN:
            continue
        hits, n = hits + label, n + 1
        for key in of.items():
            counts[key][0] += label
            counts[key][1] += 1
    large_enough = {key: count for key, count in counts.items() if count[1] >= least}
    each = 1 - (1 - level) / max(1, len(large_enough))
    slices = []
    for (kind, name), (violations, size) in large_enough.items():
        share = wilson(violations, size, each)
        differs = not share.low <= hits / n <= share.high
        slices.append(Slice(kind, name, size, share, differs))
    return sorted(slices, key=lambda s: (s.kind, -s.n, s.name))
