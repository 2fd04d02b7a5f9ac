"""In which country a listing is offered, as far as it says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mimawari.listings.listing import Listing

ATTRIBUTES = ("market", "country")
"""Attributes that name it, the first before the second."""
_CODE = re.compile(r"[A-Za-z]{2}")
_REGION = re.compile(r"[A-Za-z]{2,8}(?:[-_][A-Za-z]{4})?[-_]([A-Za-z]{2})(?:[-_].*)?")


def market_of(listing: Listing) -> str | None:
    """Give the ISO 3166 code of the country in which a listing is offered; None where unknown.

    The attribute ``market``, else ``country``, else the region of the language.

    Examples
    --------
    >>> from mimawari.listings.listing import Listing
    >>> def offered(**more):
    ...     return market_of(Listing(id="1", version=1, seller_id="s", title="cup", **more))
    >>> offered(attributes={"country": "jp"}), offered(language="zh-Hant-TW")
    ('JP', 'TW')
    >>> offered(language="ja")
    """
    for name in ATTRIBUTES:
        code = listing.attributes.get(name, "").strip()
        if _CODE.fullmatch(code):
            return code.upper()
    region = _REGION.fullmatch(listing.language or "")
    return region[1].upper() if region else None
