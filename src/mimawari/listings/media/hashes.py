"""PDQ: a picture as 256 bits that stay nearly the same when it is resized or encoded again.

Facebook (2019), "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm".
The published programs blur with running sums, pick 64 x 64 points and take a cosine transform.
All of it is linear along each axis, so here each axis is one matrix, made once a size; mostly
zeros, and so kept sparse.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array

from mimawari.listings.media.pictures import HashedPictures

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from mimawari.listings.listing import Listing
    from mimawari.listings.media.pictures import Picture, Pictures

    Floats = NDArray[np.float32]

BYTES = 32
WORDS = BYTES // 8
LEAST_QUALITY = 50  # below, PDQ's authors advise to throw a hash away: blank pictures are all alike
MOST_DISTANCE = 31  # up to which its authors call two pictures the same

LUMA = np.array([0.299, 0.587, 0.114], np.float32)
SMALL, KEPT = 64, 16  # points a side, and frequencies a side
WHOLE = 1024  # longer sides are first averaged by whole blocks: much faster, some bits off
_CHUNK = 1 << 15  # hashes compared at a time: they stay in the processor's cache


@dataclass(frozen=True, slots=True)
class PdqHash:
    """A hash and how much there was to see in the picture, from 0 to 100.

    Examples
    --------
    >>> PdqHash(bytes(32), 0).usable
    False
    """

    bits: bytes
    quality: int

    @property
    def usable(self) -> bool:
        """Whether the picture had enough in it to be told from others."""
        return self.quality >= LEAST_QUALITY

    def __str__(self) -> str:
        """Give the hexadecimal form in which hashes are exchanged."""
        return self.bits.hex()


def pdq(picture: Picture) -> PdqHash:
    """Hash a picture.

    Examples
    --------
    >>> from mimawari.listings.media.pictures import Picture
    >>> pdq(Picture("", np.zeros((90, 120, 3), np.uint8))).quality
    0
    """
    luma = averaged(picture.rgb) @ LUMA
    down, across = (blurring(side) for side in luma.shape)
    small = (across @ (down @ luma).T).T
    cosines = cosine_matrix()
    waves = (cosines @ small @ cosines.T).ravel()
    middle = len(waves) // 2 - 1
    median = np.partition(waves, middle)[middle]
    bits = np.packbits((waves > median)[::-1])  # the first frequency is the last bit
    return PdqHash(bits.tobytes(), quality(small))


def hashes_of(pictures: Pictures, listing: Listing) -> Iterable[PdqHash]:
    """Hash the pictures of a listing, unless their hashes are known.

    Examples
    --------
    >>> from mimawari.listings.listing import Listing
    >>> from mimawari.listings.media.pictures import NO_PICTURES
    >>> list(hashes_of(NO_PICTURES, Listing(id="1", version=1, seller_id="s", title="t")))
    []
    """
    if isinstance(pictures, HashedPictures):
        return pictures.hashes(listing)
    return map(pdq, pictures.of(listing))


def averaged(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Average whole blocks, so that no side is over twice 1024."""
    height, width = (max(1, side // WHOLE) for side in rgb.shape[:2])
    if height == width == 1:
        return rgb
    from PIL import Image  # only where pictures are

    return np.asarray(Image.fromarray(rgb).reduce((width, height)))


def quality(small: Floats) -> int:
    """Sum how much neighbours among 64 x 64 points differ; the scale is the authors'."""
    steps = sum(
        int(np.abs(np.trunc(np.diff(small, axis=axis) * 100 / 255)).sum()) for axis in (0, 1)
    )
    return min(100, steps // 90)


@lru_cache(maxsize=256)
def blurring(side: int) -> csr_array:
    """Blur a side with two moving averages and keep 64 points of it; shape (64, side)."""
    window = (side + 2 * SMALL - 1) // (2 * SMALL)
    after = (window + 2) // 2
    at = np.arange(side)
    offset = at[None, :] - at[:, None]
    box = ((offset < after) & (offset >= after - window)).astype(np.float64)
    box /= box.sum(axis=1, keepdims=True)
    points = ((np.arange(SMALL) + 0.5) * side / SMALL).astype(np.int64)
    return csr_array((box[points] @ box).astype(np.float32))


@lru_cache(maxsize=1)
def cosine_matrix() -> Floats:
    """Give frequencies 1 to 16 of a cosine transform of 64 points; shape (16, 64)."""
    angle = np.outer(np.arange(KEPT) + 1, 2 * np.arange(SMALL) + 1) * (np.pi / (2 * SMALL))
    return np.asarray(np.sqrt(2 / SMALL) * np.cos(angle), np.float32)


def words(bits: bytes) -> NDArray[np.uint64]:
    """Give hashes, one behind the other, as rows of 4 words."""
    return np.frombuffer(bits, np.uint64).reshape(-1, WORDS)


def distances(many: NDArray[np.uint64], image_hash: bytes) -> NDArray[np.uint16]:
    r"""Count the bits in which each row of ``many``, shape (n, 4), differs from a hash.

    Examples
    --------
    >>> distances(words(bytes(32) + b"\x03" + bytes(31) + b"\xff" * 32), bytes(32)).tolist()
    [0, 2, 256]
    """
    asked, distance = words(image_hash)[0], np.empty(len(many), np.uint16)
    for start in range(0, len(many), _CHUNK):
        part, bits = many[start : start + _CHUNK], distance[start : start + _CHUNK]
        np.bitwise_count(part[:, 0] ^ asked[0], out=bits)
        for at in range(1, WORDS):  # word by word is four times faster than a sum along rows
            bits += np.bitwise_count(part[:, at] ^ asked[at])
    return distance
