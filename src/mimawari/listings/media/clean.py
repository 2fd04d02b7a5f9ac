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
    pixels = Image.fromarray(decode(data, field, limits).rgb)  # an array has no metadata
    jpeg = io.BytesIO()
    pixels.save(jpeg, "JPEG", quality=_QUALITY)
    return jpeg.getvalue()
