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
MOST_FRAMES = 1_000
ROWS = 64
REMEDY = "send a JPEG, PNG, WebP or GIF picture"


class MediaLimits(msgspec.Struct, frozen=True):
    """What is decoded at most: bytes of the file, pixels, and the sides in pixels.

    A JPEG of more than ``most_whole_pixels`` is decoded at half its size; other types are refused.
    """

    most_bytes: int = 20_000_000
    most_pixels: int = 40_000_000
    most_whole_pixels: int = 13_000_000
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
    limits = limits or MediaLimits()
    with opened(data, field, limits) as image:
        note = _frames_left_out(image)
        image.seek(0)
        _make_smaller(image, field, limits)
        rgb = np.asarray(upright(image))
    return Picture(hashlib.sha256(data).hexdigest(), rgb, note)


def _frames_left_out(image: Image.Image) -> str:
    """Say of how many frames this is the first; of very many they are not counted."""
    if not getattr(image, "is_animated", False):
        return ""
    if image.format != "GIF":
        return f"first of {image.n_frames:,} frames"  # type: ignore[attr-defined]  # animations
    try:  # a GIF has no number of frames: each has to be passed over
        image.seek(MOST_FRAMES)
    except EOFError:
        return f"first of {image.n_frames:,} frames"  # type: ignore[attr-defined]  # animations
    return f"first of more than {MOST_FRAMES:,} frames"


def _make_smaller(image: Image.Image, field: str, limits: MediaLimits) -> None:
    """Have a very large JPEG read at half its size, before anything of it is decoded."""
    width, height = image.size
    if width * height <= limits.most_whole_pixels:
        return
    image.draft("RGB", (width // 2, height // 2))
    if image.width * image.height > limits.most_whole_pixels:
        problem = f"is {width} x {height} pixels, and no JPEG"
        raise refuse(field, problem, f"send a JPEG, or at most {limits.most_whole_pixels:,} pixels")


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
    ImageOps.exif_transpose(image, in_place=True)
    turned = image
    if turned.mode.startswith("I;16") or turned.mode in {"I", "F"}:
        return _from_deep(turned)
    if turned.has_transparency_data:
        turned = turned.convert("RGBA")
        ground = Image.new("RGBA", turned.size, "white")
        ground.alpha_composite(turned)
        return ground.convert("RGB")
    return turned if turned.mode == "RGB" else turned.convert("RGB")


def _from_deep(image: Image.Image) -> Image.Image:
    """Scale 16 bits and more to 8; Pillow alone would cut them off at 255."""
    deep = np.asarray(image)
    scale = 255.0 / (65_535.0 if deep.max() > 255 else 255.0)
    grey = np.empty(deep.shape, np.uint8)
    for start in range(0, len(deep), ROWS):  # numbers of 64 bits for a few rows at a time
        part = deep[start : start + ROWS].astype(np.float64)
        grey[start : start + ROWS] = np.clip(np.nan_to_num(part * scale), 0, 255)
    return Image.fromarray(grey).convert("RGB")
