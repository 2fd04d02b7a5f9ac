"""The offer moved into a picture: the title says nothing, the picture all."""

from __future__ import annotations

import base64
import binascii
import io
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from mimawari.listings.disguises.words import pick
from mimawari.listings.validation import LIMITS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np

    from mimawari.listings.disguises.words import Word
    from mimawari.listings.listing import Listing
    from mimawari.listings.media.pictures import Picture

HOST = "https://drawn.invalid/"
BLAND = ("see picture", "as in the photo", "DM for details", "写真をご覧ください", "画像の通りです")
_MOST_BYTES = 1_400  # base64 of it stays below the longest address


@dataclass(frozen=True, slots=True)
class WordsInPicture:
    """Give the listing a bland title, and a picture that shows its text.

    The address holds the text, so that the picture can be drawn whenever it is looked at
    and the disguise keeps no state; `DrawnPictures` draws it.

    Examples
    --------
    >>> import numpy as np
    >>> from mimawari.listings.listing import Listing
    >>> listing = Listing(id="1", version=1, seller_id="s", title="real gun")
    >>> hidden = WordsInPicture()(listing, np.random.default_rng(0))
    >>> hidden.title in BLAND, written_on(hidden.image_urls[-1])
    (True, 'real gun')
    """

    name = "picture"
    why = "what is only drawn, a text model never reads"
    undone_by = "reading the text of pictures (OCR)"
    character_level = False

    def __call__(
        self,
        listing: Listing,
        random: np.random.Generator,
        share: float = 0.5,
        targets: Sequence[Word] = (),
    ) -> Listing:
        """Move title and description into the first picture."""
        text = listing.own_text.encode("utf-8", "ignore")[:_MOST_BYTES]
        address = f"{HOST}{base64.urlsafe_b64encode(text).decode()}.png"
        return msgspec.structs.replace(
            listing,
            title=pick(random, BLAND),
            description="",
            image_urls=(address, *listing.image_urls)[: LIMITS["image_urls"]],
        )


def written_on(address: str) -> str | None:
    """Give the text that a drawn picture shows; None for other addresses."""
    if not address.startswith(HOST):
        return None
    try:
        text = base64.urlsafe_b64decode(address.removeprefix(HOST).removesuffix(".png"))
    except (binascii.Error, ValueError):
        return None
    return text.decode("utf-8", "ignore")


def draw(text: str, font: Path | None = None, size: int = 28) -> bytes:
    r"""Draw a text, black on white, as PNG.

    Parameters
    ----------
    font
        TrueType font; the one that comes with Pillow draws Latin letters only.

    Examples
    --------
    >>> draw("real gun")[:4]
    b'\x89PNG'
    """
    from PIL import Image, ImageDraw, ImageFont

    face = ImageFont.truetype(str(font), size) if font else ImageFont.load_default(size)
    lines = [part for line in text.splitlines() for part in textwrap.wrap(line, 32) or [""]][:40]
    canvas = Image.new("RGB", (32 * size, (len(lines) + 2) * size * 3 // 2), "white")
    ImageDraw.Draw(canvas).multiline_text((size, size), "\n".join(lines), "black", face)
    png = io.BytesIO()
    canvas.save(png, "PNG")
    return png.getvalue()


class DrawnPictures:
    """The pictures of `WordsInPicture`, for detectors that look at pictures."""

    def __init__(self, font: Path | None = None) -> None:
        self._font = font

    def of(self, listing: Listing) -> tuple[Picture, ...]:
        """Draw those of a listing whose address holds a text."""
        from mimawari.listings.media.decode import decode  # Pillow only where pictures are

        texts = ((url, written_on(url)) for url in listing.image_urls)
        return tuple(decode(draw(text, self._font), url) for url, text in texts if text is not None)


PICTURE = WordsInPicture()
