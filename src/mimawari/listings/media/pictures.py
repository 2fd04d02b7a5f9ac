"""What a detector sees of a listing's pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from mimawari.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from mimawari.listings.listing import Listing
    from mimawari.listings.media.hashes import PdqHash


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One decoded picture.

    Parameters
    ----------
    sha256
        Of the bytes as they came.
    rgb
        Shape (height, width, 3), upright, without any metadata.
    note
        What was left out, such as the later frames of an animation; empty where nothing was.
    """

    sha256: str
    rgb: NDArray[np.uint8]
    note: str = ""


class Pictures(Protocol):
    """Finds the pictures of a listing version."""

    def of(self, listing: Listing) -> tuple[Picture, ...]:
        """Give those at hand, in the listing's order; none where there are none."""
        ...


@runtime_checkable
class HashedPictures(Pictures, Protocol):
    """Also knows the hashes of the pictures: who wants only those has nothing decoded."""

    def hashes(self, listing: Listing) -> tuple[PdqHash, ...]:
        """Give the PDQ hashes, in the listing's order."""
        ...


class NoPictures:
    """No listing has pictures at hand."""

    def of(self, listing: Listing) -> tuple[Picture, ...]:
        """Give none."""
        return ()


NO_PICTURES: Pictures = NoPictures()


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
