"""From bytes of a stranger to pixels: by content, within limits, or a clear refusal."""

from __future__ import annotations

import hashlib
import io
import struct
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.listings.media.pictures import Picture

if TYPE_CHECKING:
    from collections.abc import Iterator

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
REMEDY = "send a JPEG, PNG, WebP or GIF picture"


class MediaLimits(msgspec.Struct, frozen=True):
    """What is decoded at most: bytes of the file, pixels, and the sides in pixels."""

    most_bytes: int = 20_000_000
    most_pixels: int = 40_000_000
    least_side: int = 8
    most_side: int = 20_000


def refuse(field: str, problem: str, remedy: str = REMEDY) -> InvalidInputError:
    """Make the error of a picture."""
    return InvalidInputError(FieldProblem(field, problem, remedy))


@contextmanager
def opened(data: bytes, field: str, limits: MediaLimits) -> Iterator[Image.Image]:
    """Open a picture by its content, after its header was held against the limits.

    Raises
    ------
    InvalidInputError
        Too large or small, of another type, or broken.
    """
    if len(data) > limits.most_bytes:
        problem = f"is {len(data):,} bytes long, over {limits.most_bytes:,}"
        raise refuse(field, problem, "send a smaller file")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our limit is below
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                _check_size(image, field, limits)
                yield image
    except UnidentifiedImageError as error:
        raise refuse(field, "is no picture of a known type") from error
    except Image.DecompressionBombError as error:
        raise refuse(field, "has far too many pixels", "send a smaller picture") from error
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error) as error:
        raise refuse(field, f"is broken ({error})", "send the file again") from error


def _check_size(image: Image.Image, field: str, limits: MediaLimits) -> None:
    width, height = image.size
    size = f"is {width} x {height} pixels"
    if min(width, height) < limits.least_side:
        raise refuse(field, f"{size}: nothing can be seen on it", "send a larger picture")
    if max(width, height) > limits.most_side or width * height > limits.most_pixels:
        most = f"{limits.most_pixels:,} pixels in all, {limits.most_side:,} a side"
        raise refuse(field, f"{size}, over the limit of {most}", "send a smaller picture")


def decode(data: bytes, field: str = "image", limits: MediaLimits | None = None) -> Picture:
    """Decode one picture.

    The first frame of an animation; upright, as its EXIF says; transparent parts on white;
    whatever its colours were, 8 bits of red, green and blue.

    Parameters
    ----------
    field
        What an error calls it.

    Raises
    ------
    InvalidInputError
        See `opened`.
    """
    with opened(data, field, limits or MediaLimits()) as image:
        frames = getattr(image, "n_frames", 1)
        rgb = np.asarray(upright(image))
    note = f"first of {frames} frames" if frames > 1 else ""
    return Picture(hashlib.sha256(data).hexdigest(), rgb, note)


def decode_small(
    data: bytes, size: tuple[int, int], field: str = "image", limits: MediaLimits | None = None
) -> Picture:
    """Decode straight to a size (width, height): a JPEG is read at about that size, faster."""
    with opened(data, field, limits or MediaLimits()) as image:
        image.draft("RGB", size)
        small = upright(image).resize(size, Image.Resampling.BILINEAR)
        rgb = np.asarray(small)
    return Picture(hashlib.sha256(data).hexdigest(), rgb)


def upright(image: Image.Image) -> Image.Image:
    """Turn a picture as its EXIF says and make it RGB; nothing else of its metadata stays."""
    image.seek(0)
    turned = ImageOps.exif_transpose(image)
    if turned.mode.startswith("I;16") or turned.mode in {"I", "F"}:
        return _from_deep(turned)
    if turned.has_transparency_data:
        turned = turned.convert("RGBA")
        ground = Image.new("RGBA", turned.size, "white")
        return Image.alpha_composite(ground, turned).convert("RGB")
    return turned.convert("RGB")


def _from_deep(image: Image.Image) -> Image.Image:
    """Scale 16 bits and more to 8; Pillow alone would cut them off at 255."""
    deep = np.asarray(image, np.float64)
    top = 65_535.0 if deep.max() > 255 else 255.0
    return Image.fromarray(np.clip(deep * (255.0 / top), 0, 255).astype(np.uint8)).convert("RGB")
