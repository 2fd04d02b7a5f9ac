"""A stranger's picture made fit to be shown: decoded and written anew, nothing else kept."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from PIL import Image

from mimawari.listings.media.decode import decode

if TYPE_CHECKING:
    from mimawari.listings.media.decode import MediaLimits

CONTENT_TYPE = "image/jpeg"  # of every cleaned picture, whatever it was
_QUALITY = 90


def clean(data: bytes, limits: MediaLimits | None = None, field: str = "image") -> bytes:
    """Encode a picture again as JPEG, upright and without metadata.

    Place, owner, camera, comments and whatever was hidden behind the picture are gone. What
    counts is the content, never the name or the type that somebody claimed.

    Parameters
    ----------
    limits
        What is decoded at most.
    field
        What an error calls the picture.

    Raises
    ------
    InvalidInputError
        Too large or small, of an unknown type, or broken.
    """
    return _encoded(_pixels(data, limits, field))


def thumbnail(data: bytes, side: int, limits: MediaLimits | None = None) -> bytes:
    """Encode a picture as `clean` does, no side longer than ``side`` pixels.

    Raises
    ------
    InvalidInputError
        As `clean`.
    """
    pixels = _pixels(data, limits, "image")
    pixels.thumbnail((side, side))
    return _encoded(pixels)


def _pixels(data: bytes, limits: MediaLimits | None, field: str) -> Image.Image:
    return Image.fromarray(decode(data, field, limits).rgb)  # an array has no metadata


def _encoded(pixels: Image.Image) -> bytes:
    jpeg = io.BytesIO()
    pixels.save(jpeg, "JPEG", quality=_QUALITY)
    return jpeg.getvalue()
