"""What a detector sees of a listing's pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mimawari.listings.listing import Listing


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


class NoPictures:
    """No listing has pictures at hand."""

    def of(self, listing: Listing) -> tuple[Picture, ...]:
        """Give none."""
        return ()


NO_PICTURES: Pictures = NoPictures()
