"""The listing as it was scored: what was sent, and what was read in its pictures by then."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mimawari.listings.listing import Listing
from mimawari.listings.media.ocr import with_picture_text

if TYPE_CHECKING:
    from mimawari.service.intake.models import ListingVersion


def as_scored(version: ListingVersion) -> Listing:
    """Give the listing of a version that was scored."""
    return scored_listing(version.payload, version.score.picture_text)


def scored_listing(payload: str, picture_text: str) -> Listing:
    """Give the listing of a payload with the text that was read in its pictures.

    Examples
    --------
    >>> sent = '{"id":"1","version":1,"seller_id":"s","title":"cup"}'
    >>> scored_listing(sent, "AK-47").text.split()
    ['cup', 'AK-47']
    """
    return with_picture_text(msgspec.json.decode(payload, type=Listing), picture_text)
