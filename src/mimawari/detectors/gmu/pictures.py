"""Pictures as the encoder reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mimawari.detectors.gmu.spec import PictureSpec
    from mimawari.listings.batch import ListingBatch
    from mimawari.listings.media.pictures import Picture


def resized(picture: Picture, spec: PictureSpec) -> NDArray[np.uint8]:
    """Resize a picture, its sides' ratio given up; shape (3, height, width)."""
    rgb = picture.rgb
    if rgb.shape[:2] != (spec.height, spec.width):
        from PIL import Image  # only where pictures are

        image = Image.fromarray(rgb)
        size = (spec.width, spec.height)
        rgb = np.asarray(image.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0))
    return np.ascontiguousarray(rgb.transpose(2, 0, 1))


def gathered(batch: ListingBatch, spec: PictureSpec) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Give the pictures of a batch, of each listing the first ``spec.most``.

    Returns
    -------
    pixels, owners
        Shape (pictures, 3, height, width), and the row that each belongs to.
    """
    images, owners = [], []
    for row, listing in enumerate(batch.listings):
        for picture in batch.pictures.of(listing)[: spec.most]:
            images.append(resized(picture, spec))
            owners.append(row)
    pixels = np.stack(images) if images else np.zeros((0, 3, spec.height, spec.width), np.uint8)
    return pixels, np.array(owners, np.int64)


def scaled(pixels: NDArray[np.uint8], spec: PictureSpec) -> NDArray[np.float32]:
    """Give what the encoder takes: float32 of the same shape."""
    shift = np.array(spec.shift, np.float32).reshape(1, 3, 1, 1)
    scale = np.array(spec.scale, np.float32).reshape(1, 3, 1, 1)
    return np.asarray((pixels.astype(np.float32) / 255 - shift) / scale, np.float32)


def averaged(
    features: NDArray[np.float32], owners: NDArray[np.int64], rows: int
) -> NDArray[np.float32]:
    """Average the features of each listing's pictures, zeros without any; shape (rows, width).

    Examples
    --------
    >>> averaged(np.array([[2.0], [4.0]], np.float32), np.array([1, 1]), 3).tolist()
    [[0.0], [3.0], [0.0]]
    """
    total = np.zeros((rows, features.shape[1]), np.float32)
    np.add.at(total, owners, features)
    count = np.maximum(np.bincount(owners, minlength=rows), 1)
    return np.asarray(total / count[:, None], np.float32)
