"""Finds perceptual hashes within a distance: every one is compared, which popcount makes cheap."""

from __future__ import annotations

import numpy as np

from mimawari.listings.media.hashes import BYTES, WORDS, distances

__all__ = ["BYTES", "ImageIndex"]


class ImageIndex:
    """Hashes of 256 bits, each under the row of its listing."""

    def __init__(self) -> None:
        self._words = np.empty((16, WORDS), np.uint64)
        self._rows = np.empty(16, np.int64)
        self._count = 0

    def add(self, row: int, image_hash: bytes) -> None:
        """Keep a hash of 32 bytes under a row; a row may have several."""
        if self._count == len(self._rows):  # doubled, so that adding stays cheap
            self._words = np.concatenate([self._words, np.empty_like(self._words)])
            self._rows = np.concatenate([self._rows, np.empty_like(self._rows)])
        self._words[self._count] = np.frombuffer(image_hash, np.uint64)
        self._rows[self._count] = row
        self._count += 1

    def near(self, image_hash: bytes, most: int) -> dict[int, int]:
        """Give rows and the least distance in bits of their hashes, up to ``most``."""
        distance = distances(self._words[: self._count], image_hash)
        nearest: dict[int, int] = {}
        for at in np.flatnonzero(distance <= most):
            row = int(self._rows[at])
            nearest[row] = min(nearest.get(row, most), int(distance[at]))
        return nearest
