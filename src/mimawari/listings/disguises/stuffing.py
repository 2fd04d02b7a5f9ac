"""Benign words around the offer, which outvote those that matter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from mimawari.listings.disguises.base import TRAINING
from mimawari.listings.disguises.words import pick
from mimawari.listings.validation import LIMITS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from mimawari.listings.disguises.words import Word
    from mimawari.listings.listing import Listing

ORDINARY = (
    "Ceramic coffee mug, dishwasher safe, set of two",
    "Women's cotton summer dress, floral, size M",
    "Wireless mouse with USB receiver, black",
    "Children's picture book, hardcover, like new",
    "Stainless steel water bottle 500 ml",
    "Running shoes, lightly used, fast shipping",
    "レディース ワンピース 花柄 Mサイズ 新品",
    "子供用 絵本 セット 美品 送料無料",
    "マグカップ 北欧風 未使用 即購入OK",
    "ワイヤレスイヤホン 充電ケース付き 動作確認済み",
)


@dataclass(frozen=True, slots=True)
class Stuffing:
    """Put words of ordinary listings before or after the title.

    Examples
    --------
    >>> import numpy as np
    >>> from mimawari.listings.listing import Listing
    >>> listing = Listing(id="1", version=1, seller_id="s", title="gun")
    >>> Stuffing(("blue cup",))(listing, np.random.default_rng(0)).title
    'gun blue cup'
    """

    titles: Sequence[str] = ORDINARY
    name = "stuffing"
    why = "benign words dilute a score, and bring searchers"
    undone_by = TRAINING
    character_level = False

    def __call__(
        self,
        listing: Listing,
        random: np.random.Generator,
        share: float = 0.5,
        targets: Sequence[Word] = (),
    ) -> Listing:
        """Add benign words: about ``2 share`` times the title's, at least an ordinary title."""
        title, before = listing.title, bool(random.random() < 0.5)
        while True:
            extra = pick(random, self.titles).strip()
            if not extra or len(title) + len(extra) + 1 > LIMITS["title"]:
                break
            title = f"{extra} {title}" if before else f"{title} {extra}"
            if len(title) >= (1 + 2 * share) * len(listing.title):
                break
        return msgspec.structs.replace(listing, title=title)


STUFFING = Stuffing()
