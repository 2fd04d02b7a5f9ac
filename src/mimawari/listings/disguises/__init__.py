"""Disguises: what sellers do to hide what they offer, each a small pure function.

To test a model with (`mimawari.evaluation.attacks`) and to train it on
(`mimawari.detectors.gbdt.augment`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.listings.disguises.base import Disguise
from mimawari.listings.disguises.homoglyphs import HOMOGLYPHS
from mimawari.listings.disguises.invisible import INVISIBLE
from mimawari.listings.disguises.kana import KANA, KANA_SPELLING
from mimawari.listings.disguises.leetspeak import LEETSPEAK
from mimawari.listings.disguises.masking import ASTERISK, FUSEJI
from mimawari.listings.disguises.misspelling import MISSPELLING
from mimawari.listings.disguises.parting import INNER_MARK, INNER_SPACE
from mimawari.listings.disguises.picture import PICTURE
from mimawari.listings.disguises.price import PRICE, PriceCamouflage
from mimawari.listings.disguises.reversing import REVERSED
from mimawari.listings.disguises.shapes import SHAPES
from mimawari.listings.disguises.spacing import SPACING
from mimawari.listings.disguises.stretching import STRETCHING
from mimawari.listings.disguises.stuffing import STUFFING, Stuffing
from mimawari.listings.disguises.symbols import SYMBOLS
from mimawari.listings.disguises.synonyms import SYNONYMS
from mimawari.listings.disguises.words import Word, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mimawari.listings.listing import Listing

__all__ = ["DISGUISES", "Disguise", "Word", "among", "words"]

_ALL: tuple[Disguise, ...] = (
    SPACING, SYMBOLS, INNER_MARK, INNER_SPACE, ASTERISK, FUSEJI, HOMOGLYPHS, SHAPES, KANA,
    KANA_SPELLING, LEETSPEAK, INVISIBLE, STRETCHING, MISSPELLING, REVERSED, SYNONYMS, STUFFING,
    PRICE, PICTURE,
)  # fmt: skip
DISGUISES: dict[str, Disguise] = {disguise.name: disguise for disguise in _ALL}
"""Every disguise by its name."""


def among(ordinary: Sequence[Listing]) -> dict[str, Disguise]:
    """Give the registry of sellers who hide among these: their words and their prices.

    Examples
    --------
    >>> from mimawari.listings.listing import Listing
    >>> cup = Listing(id="1", version=1, seller_id="s", title="blue cup")
    >>> among([cup])["stuffing"].titles
    ('blue cup',)
    """
    titles = tuple(listing.title for listing in ordinary)
    prices = tuple(listing.price_minor for listing in ordinary if listing.price_minor is not None)
    disguises = dict(DISGUISES)
    if titles:
        disguises["stuffing"] = Stuffing(titles)
    if prices:
        disguises["price"] = PriceCamouflage(prices)
    return disguises
