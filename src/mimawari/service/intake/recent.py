"""The listings that came last."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mimawari.listings.listing import Listing
from mimawari.service.intake.models import ListingVersion

if TYPE_CHECKING:
    from collections.abc import Iterator


def recent_listings(n: int) -> Iterator[Listing]:
    """Yield the last ``n`` listing versions, newest first."""
    rows = ListingVersion.objects.order_by("-id").values_list("payload", flat=True)[:n]
    for payload in rows.iterator(chunk_size=1000):
        yield msgspec.json.decode(payload, type=Listing)
