"""Pictures drawn from a seed in whole numbers: the same on every machine."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mimawari.listings.media.pictures import Picture


def scene(seed: int, height: int, width: int) -> NDArray[np.uint8]:
    """Draw rectangles and discs on a slope of colour."""
    draw = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width].astype(np.int64)
    slope = (y * 200 // height + x * 55 // width)[..., None] * draw.integers(1, 5, 3) // 4
    canvas = slope % 256
    for _ in range(24):
        high, wide = draw.integers(height // 8, height // 2), draw.integers(width // 8, width // 2)
        top, left = draw.integers(0, height - high), draw.integers(0, width - wide)
        part = canvas[top : top + high, left : left + wide]
        down, across = np.mgrid[0:high, 0:wide] * 2
        disc = ((down - high) * wide) ** 2 + ((across - wide) * high) ** 2 < (high * wide) ** 2
        part[disc if draw.integers(2) else np.ones_like(disc)] = draw.integers(0, 256, 3)
    return canvas.astype(np.uint8)


def picture(seed: int, height: int = 240, width: int = 320) -> Picture:
    return Picture(f"{seed:064x}", scene(seed, height, width))


def encoded(rgb: NDArray[np.uint8], kind: str = "PNG", **options: object) -> bytes:
    told = io.BytesIO()
    Image.fromarray(rgb).save(told, kind, **options)  # type: ignore[arg-type]
    return told.getvalue()
