"""The shape of a gated multimodal unit, which is also its feature space."""

from __future__ import annotations

import hashlib

import msgspec

from mimawari.detectors.ngrams import NgramSpec

NUMBERS = ("log_price", "log_price_over_median", "seller_age_log_days")


class PictureSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the picture encoder reads and gives.

    Parameters
    ----------
    height, width
        Pixels; pictures are resized to them.
    features
        Numbers that the encoder gives for each picture.
    shift, scale
        A channel's value becomes ``(value / 255 - shift) / scale``: red, green, blue.
    most
        Pictures of a listing that are looked at; their features are averaged.
    sha256
        Of an encoder that was given as a file; empty for one trained here.
    """

    height: int = 80
    width: int = 60
    features: int = 224
    shift: tuple[float, float, float] = (0.5, 0.5, 0.5)
    scale: tuple[float, float, float] = (0.5, 0.5, 0.5)
    most: int = 3
    sha256: str = ""


class GmuSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Sizes of every part; the same for every topic.

    Parameters
    ----------
    ngrams
        What the text's embedding bag is made of.
    text_width, shelf_width
        Numbers an n-gram, and a brand or category, is embedded in.
    shelf_bits
        Brands and categories fall into two to this power buckets.
    units
        Width of the fused vector.
    picture
        None where pictures are not looked at.

    Examples
    --------
    >>> GmuSpec().modalities, GmuSpec(picture=PictureSpec()).modalities
    (('text', 'table'), ('text', 'table', 'picture'))
    """

    ngrams: NgramSpec = NgramSpec((1, 2), (3, 4, 5), 16)
    text_width: int = 96
    shelf_width: int = 16
    shelf_bits: int = 12
    units: int = 128
    picture: PictureSpec | None = None

    @property
    def modalities(self) -> tuple[str, ...]:
        """Names of the modalities, in the order of the gates."""
        return ("text", "table", "picture") if self.picture else ("text", "table")

    @property
    def table_width(self) -> int:
        """Width of the table's vector: numbers, then the embedding of brand and category."""
        return len(NUMBERS) + self.shelf_width

    def fingerprint(self) -> str:
        """Identify the feature space, the normaliser's tables among it."""
        whole = msgspec.json.encode((NUMBERS, self, self.ngrams.fingerprint()))
        return hashlib.sha256(whole).hexdigest()[:16]
