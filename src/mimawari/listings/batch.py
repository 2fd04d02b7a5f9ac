"""A batch of listings with its texts normalised once for every detector."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mimawari.listings.media.pictures import NO_PICTURES
from mimawari.listings.normalise import CanonicalTexts, canonicalise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mimawari.listings.listing import Listing
    from mimawari.listings.media.pictures import Pictures
    from mimawari.listings.normalise import Readings


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class ListingBatch:
    """Listings, the canonical form of `Listing.text` of each, and where their pictures are.

    Examples
    --------
    >>> from mimawari.listings.listing import Listing
    >>> batch = ListingBatch.of([Listing(id="1", version=1, seller_id="s", title="G-U-N")])
    >>> len(batch), batch.texts.text(0)
    (1, 'gun')
    """

    listings: tuple[Listing, ...]
    texts: CanonicalTexts
    pictures: Pictures = NO_PICTURES

    @classmethod
    def of(
        cls,
        listings: Sequence[Listing],
        readings: Readings | None = None,
        pictures: Pictures = NO_PICTURES,
    ) -> ListingBatch:
        """Normalise the texts of ``listings``; one listing is a batch of one."""
        texts = canonicalise([listing.text for listing in listings], readings)
        return cls(tuple(listings), texts, pictures)

    def __len__(self) -> int:
        return len(self.listings)
