"""Finds sketches that are alike without comparing all of them: locality-sensitive hashing.

Leskovec, Rajaraman, Ullman, "Mining of Massive Datasets", section 3.4.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# 32 bands of 4: a pair at similarity 0.7 shares a band with probability 0.9998, one at 0.3, 0.23.
ROWS = 4


class TextIndex:
    """Sketches by each of their bands."""

    def __init__(self) -> None:
        self._bands: defaultdict[tuple[int, bytes], list[int]] = defaultdict(list)
        self._digests: dict[int, NDArray[np.uint32]] = {}

    def add(self, row: int, digest: NDArray[np.uint32]) -> None:
        """Keep a sketch, shape (128,), under a row."""
        for band in _bands(digest):
            self._bands[band].append(row)
        self._digests[row] = digest

    def near(self, digest: NDArray[np.uint32], least: float) -> dict[int, float]:
        """Give rows and their estimated similarity, from ``least`` on."""
        rows = sorted({row for band in _bands(digest) for row in self._bands.get(band, ())})
        if not rows:
            return {}
        alike = (np.stack([self._digests[row] for row in rows]) == digest).mean(axis=1)
        return {row: float(a) for row, a in zip(rows, alike, strict=True) if a >= least}


def _bands(digest: NDArray[np.uint32]) -> list[tuple[int, bytes]]:
    return [(at, digest[at : at + ROWS].tobytes()) for at in range(0, len(digest), ROWS)]
