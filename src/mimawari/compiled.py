"""How loops are compiled, the same everywhere: kept on disk, and without Python's lock.

Most loops read and write arrays that they are given. Counting references to those at each call
cost the folding of texts half of its time, so `fast` loops do not count: they may neither make
an array nor return one, which numba refuses to compile. Those that do are `counting`. What is
`small` and asked at each letter of a text becomes a part of the loop that asks.
"""

from __future__ import annotations

from typing import Any

from numba import njit

WITHOUT_COUNTS: Any = {"_nrt": False}  # an option that numba's types leave out

fast = njit(cache=True, nogil=True, **WITHOUT_COUNTS)
small = njit(cache=True, nogil=True, forceinline=True, **WITHOUT_COUNTS)
counting = njit(cache=True, nogil=True)
