"""Prices that say nothing: one yen, absurdly much, or what ordinary goods cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from mimawari.listings.disguises.base import TRAINING
from mimawari.listings.disguises.words import pick

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from mimawari.listings.disguises.words import Word
    from mimawari.listings.listing import Listing


@dataclass(frozen=True, slots=True)
class PriceCamouflage:
    """Ask a token price, an absurd one, or that of an ordinary listing.

    Examples
    --------
    >>> import numpy as np
    >>> from mimawari.listings.listing import Listing
    >>> listing = Listing(id="1", version=1, seller_id="s", title="t", price_minor=500,
    ...                   currency="JPY")
    >>> [PriceCamouflage()(listing, np.random.default_rng(seed)).price_minor for seed in range(3)]
    [9999999, 9999999, 1]
    """

    prices: Sequence[int] = (980, 1990, 2500, 3980)
    name = "price"
    why = "the true price is agreed in messages"
    undone_by = TRAINING
    character_level = False

    def __call__(
        self,
        listing: Listing,
        random: np.random.Generator,
        share: float = 0.5,
        targets: Sequence[Word] = (),
    ) -> Listing:
        """Change the price, where there is one."""
        if listing.price_minor is None:
            return listing
        price = pick(random, (1, 9_999_999, pick(random, self.prices)))
        return msgspec.structs.replace(listing, price_minor=price)


PRICE = PriceCamouflage()
