"""How loops are compiled, the same everywhere: kept on disk, and without Python's lock.

Most loops read and write arrays that they are given. Counting references to those at each call
cost the folding of texts half of its time, so `fast` loops do not count: they may neither make
an array nor return one, which numba refuses to compile. Those that do are `counting`.
"""

from __future__ import annotations

from numba import njit

fast = njit(cache=True, nogil=True, _nrt=False)
counting = njit(cache=True, nogil=True)
