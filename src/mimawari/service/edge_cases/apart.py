"""What judges models is kept apart from what teaches them: edge cases, and what repeats them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.listings.duplicates.shingles import digests
from mimawari.listings.duplicates.texts import TextIndex
from mimawari.listings.normalise import canonical
from mimawari.service.edge_cases.bank import listing_of, standing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mimawari.listings.listing import Listing

LEAST_SIMILARITY = 0.7
"""Of two texts' pieces, as where near-duplicates are looked for."""


class Apart:
    """Tells whether a listing may teach a model of a topic.

    It may not where it is an edge case of the topic, in whatever version, or its text is nearly
    that of one: a model would know by heart what it is tried on.
    """

    def __init__(self, topic: str) -> None:
        cases = [listing_of(case) for case in standing(topic)]
        self._ids = {listing.id for listing in cases}
        self._texts = TextIndex()
        texts = [text for listing in cases if (text := canonical(listing.text))]
        for place, digest in enumerate(digests(texts)):
            self._texts.add(place, digest)

    def __bool__(self) -> bool:
        """Whether there is anything to keep apart."""
        return bool(self._ids)

    def judges(self, listings: Sequence[Listing]) -> list[bool]:
        """Say of each listing whether it belongs to what judges."""
        if not self._ids:
            return [False] * len(listings)
        texts = [canonical(listing.text) for listing in listings]
        sketches = digests([text or " " for text in texts])
        return [
            listing.id in self._ids or bool(text and self._texts.near(sketch, LEAST_SIMILARITY))
            for listing, text, sketch in zip(listings, texts, sketches, strict=True)
        ]
