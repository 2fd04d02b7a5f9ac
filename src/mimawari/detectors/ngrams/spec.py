"""Which n-grams are hashed, and into how many buckets."""

from __future__ import annotations

import hashlib

import msgspec

from mimawari.listings.normalise import lexicon
from mimawari.listings.normalise.tables import VERSION, tables

READ_AS = "words of the canonical text; characters of the text with marks, within words"


class NgramSpec(msgspec.Struct, frozen=True):
    """Orders of n-grams and the size of the hash space.

    Words fall into the lower half of the buckets, characters into the upper half, so that
    the two text scores can be told apart.

    Examples
    --------
    >>> NgramSpec().buckets, NgramSpec().words
    (524288, 262144)
    """

    word_orders: tuple[int, ...] = (1, 2)
    char_orders: tuple[int, ...] = (2, 3, 4, 5)
    bits: int = 19
    seed: int = 0x6D696D61

    @property
    def buckets(self) -> int:
        """Size of the hash space."""
        return 1 << self.bits

    @property
    def words(self) -> int:
        """Buckets of word n-grams; those of characters follow."""
        return self.buckets // 2

    def fingerprint(self) -> str:
        """Identify the feature space: this specification and the normaliser's version and data."""
        digest = hashlib.sha256(msgspec.json.encode((READ_AS, VERSION, lexicon.digest(), self)))
        for table in tables():
            digest.update(table.tobytes())
        return digest.hexdigest()[:16]
