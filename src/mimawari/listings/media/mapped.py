"""Pictures at hand as bytes, by address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mimawari.listings.listing import Listing
    from mimawari.listings.media.pictures import Picture


class MappedPictures:
    """Pictures from bytes by address; what cannot be decoded is left out.

    Examples
    --------
    >>> from mimawari.listings.listing import Listing
    >>> listing = Listing(id="1", version=1, seller_id="s", title="t",
    ...                   image_urls=("https://shop.example/1.jpg",))
    >>> MappedPictures({"https://shop.example/1.jpg": b"no picture"}).of(listing)
    ()
    """

    def __init__(self, data: Mapping[str, bytes]) -> None:
        self._data = data

    def of(self, listing: Listing) -> tuple[Picture, ...]:
        """Decode the pictures of a listing."""
        pictures = (self._picture(url) for url in listing.image_urls)
        return tuple(picture for picture in pictures if picture is not None)

    def _picture(self, url: str) -> Picture | None:
        from mimawari.listings.media.decode import decode  # Pillow only where pictures are

        data = self._data.get(url)
        if data is None:
            return None
        try:
            return decode(data, url)
        except InvalidInputError:
            return None
