"""The listing: what a seller offers, as one immutable version."""

from __future__ import annotations

import enum
from datetime import datetime

import msgspec


class Condition(enum.StrEnum):
    """Physical condition of the goods."""

    NEW = "new"
    LIKE_NEW = "like_new"
    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"
    UNKNOWN = "unknown"


# Nothing in it can lead back to it, so the cycle collector need not look at thousands of them.
class Listing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """One version of a listing.

    Parameters
    ----------
    id, version
        The marketplace's identifier, and a number that grows with every edit.
    seller_id
        The marketplace's identifier of the seller; groups folds, never a feature.
    title, description
        As the seller wrote them.
    price_minor, currency
        Price in minor units (cents, yen) and ISO 4217 code; both or neither.
    brand, category, condition
        Category is a path from the root: ``("Sports", "Air guns")``.
    image_urls, picture_text
        Addresses of pictures, and what is written inside of them where somebody read it.
    language, created_at, updated_at, seller_created_at
        Times are aware; ``language`` is a BCP 47 hint.
    attributes
        Free key-value pairs, at most 64.
    """

    id: str
    version: int
    seller_id: str
    title: str
    description: str = ""
    price_minor: int | None = None
    currency: str | None = None
    brand: str | None = None
    category: tuple[str, ...] = ()
    condition: Condition = Condition.UNKNOWN
    image_urls: tuple[str, ...] = ()
    picture_text: str = ""
    language: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    seller_created_at: datetime | None = None
    attributes: dict[str, str] = {}

    @property
    def own_text(self) -> str:
        r"""Title and description, one line break between.

        Examples
        --------
        >>> Listing(id="1", version=1, seller_id="s", title="a", description="b").own_text
        'a\nb'
        """
        return f"{self.title}\n{self.description}" if self.description else self.title

    @property
    def text(self) -> str:
        r"""What detectors read: the seller's own text first, then that inside of pictures.

        Spans within the first ``len(own_text)`` characters point into what the seller wrote,
        those behind into pictures.

        Examples
        --------
        >>> Listing(id="1", version=1, seller_id="s", title="a", picture_text="b").text
        'a\nb'
        """
        own = self.own_text
        return f"{own}\n{self.picture_text}" if self.picture_text else own
