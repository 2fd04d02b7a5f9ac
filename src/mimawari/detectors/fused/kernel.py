"""The loop that sums the weights of all models."""

from __future__ import annotations

import numpy as np
from numba import njit

from mimawari.detectors.ngrams.kernel import hash_text, scratch_for


@njit(cache=True, nogil=True)
def gather_halves(
    codes, starts, marked, marked_starts, words, chars, seed, half, weights, occupied, sums
):
    """Add the weights of each text's distinct n-grams to ``sums`` (n, 2, models).

    A bucket of words has no weight of characters, and the reverse: one column a model holds
    both, and the bucket says to which of the two sums it goes.
    """
    scratch = scratch_for(starts, marked_starts, words, chars)
    seen = np.full(2 * half, -1, np.int32)
    for i in range(len(starts) - 1):
        m = hash_text(codes, starts, marked, marked_starts, i, words, chars, seed, half, scratch)
        kept = 0
        for j in range(m):
            bucket = scratch[j]
            if occupied[bucket >> 3] >> (bucket & 7) & 1 and seen[bucket] != i:
                seen[bucket] = i
                scratch[kept] = bucket
                kept += 1
        for j in range(kept):
            row = weights[scratch[j]]
            total = sums[i, 1 if scratch[j] >= half else 0]
            for c in range(len(row)):
                total[c] += row[c]
