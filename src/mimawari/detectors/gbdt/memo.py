"""Results that several kinds of model need of the same rows: computed once in a process."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

import msgspec
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from mimawari.detectors.gbdt.rows import Rows

T = TypeVar("T")


def digest(rows: Rows, *settings: object) -> bytes:
    """Give the hash of rows with their labels and weights, and of settings.

    Examples
    --------
    >>> from mimawari.listings.listing import Listing
    >>> from mimawari.detectors.gbdt.rows import Rows
    >>> rows = Rows((Listing(id="1", version=1, seller_id="s", title="cup"),),
    ...             np.array([True]), np.ones(1))
    >>> digest(rows, 1) == digest(rows.take(np.array([0])), 1), digest(rows, 1) == digest(rows, 2)
    (True, False)
    """
    whole = hashlib.sha256(msgspec.json.encode(settings))
    whole.update(np.ascontiguousarray(rows.y).tobytes())
    whole.update(np.ascontiguousarray(rows.weight, np.float64).tobytes())
    encoder = msgspec.json.Encoder()
    for listing in rows.listings:
        whole.update(encoder.encode(listing))
    return whole.digest()


class Memo(Generic[T]):
    """The last few results by key.

    Examples
    --------
    >>> memo = Memo[int](1)
    >>> memo.get(b"a", lambda: 1), memo.get(b"a", lambda: 2), memo.get(b"b", lambda: 3)
    (1, 1, 3)
    >>> memo.get(b"a", lambda: 4)
    4
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[bytes, T] = OrderedDict()
        self._lock = Lock()

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._kept.clear()

    def get(self, key: bytes, make: Callable[[], T]) -> T:
        """Give what is kept under the key, else make it; two threads may both make it."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = make()
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return made
