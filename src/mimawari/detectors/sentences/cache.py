"""Vectors of texts that were read before, by content, in 8 bits."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

MOST_KEPT = 32_768
"""Some 20 MB where vectors have 384 numbers."""


def pack(vector: Floats) -> bytes:
    """Give a vector as 8-bit integers behind their scale."""
    scale = np.float32(np.abs(vector).max(initial=0) / 127) or np.float32(1)
    integers: NDArray[np.int8] = np.rint(vector / scale).astype(np.int8)
    return scale.tobytes() + integers.tobytes()


def unpack(packed: bytes) -> Floats:
    """Give the vector back.

    Examples
    --------
    >>> unpack(pack(np.array([0.6, -0.8, 0.0], np.float32))).round(2).tolist()
    [0.6000000238418579, -0.800000011920929, 0.0]
    """
    scale = np.frombuffer(packed, np.float32, 1)
    whole: Floats = np.frombuffer(packed, np.int8, offset=4) * scale
    return whole


class VectorCache:
    """Vectors by the hash of their text; what was asked for longest ago goes first.

    A vector is rounded to 8 bits whether it was known or not, so that no score depends on what
    was read before. Any number of threads may ask.

    Parameters
    ----------
    most
        Texts kept.
    """

    def __init__(self, most: int = MOST_KEPT) -> None:
        self._most = most
        self._known: OrderedDict[bytes, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """Count the texts that are known."""
        return len(self._known)

    def get(self, text: str, compute: Callable[[str], Floats]) -> Floats:
        """Give a text's vector, computed where it is not known."""
        key = hashlib.blake2b(text.encode(), digest_size=16).digest()
        with self._lock:
            packed = self._known.get(key)
            if packed is not None:
                self._known.move_to_end(key)
        if packed is None:
            packed = pack(compute(text))
            with self._lock:
                self._known[key] = packed
                while len(self._known) > self._most:
                    self._known.popitem(last=False)
        return unpack(packed)
