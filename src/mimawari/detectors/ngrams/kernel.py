"""The compiled n-gram loops.

A text is read once. At each position the hashes of the character n-grams that start there
are grown code point by code point; at each word's end the hashes of the word n-grams that end
there are taken from the last words' hashes. A bucket counts once a text: a table of stamps
remembers the text that touched it last, so that nothing has to be cleared in between.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mimawari.detectors.ngrams.spec import NgramSpec
    from mimawari.listings.normalise import CanonicalTexts

SPACE = np.uint32(0x20)
fast = njit(cache=True, nogil=True)


@fast
def mix(h, code):
    """Take one more code point into a 32-bit hash (a multiply-xorshift step)."""
    h = np.uint32((np.uint64(h) ^ np.uint64(code)) * np.uint64(0x9E3779B1) & np.uint64(0xFFFFFFFF))
    return np.uint32(h ^ (h >> np.uint32(15)))


@fast
def hash_text(codes, start, end, words, chars, seed, half, out):
    """Write the bucket of every n-gram of one text to ``out``; returns how many.

    ``words`` and ``chars`` are the largest orders; bit ``k`` of ``words_mask`` asks for order k.
    """
    words_mask, most_words = words
    chars_mask, most_chars = chars
    mask = np.uint32(half - 1)
    m = 0
    previous = np.zeros(8, np.uint32)
    filled = 0
    i = start
    word = np.uint32(seed)
    for i in range(start, end):
        h = np.uint32(seed + 1)
        for k in range(1, most_chars + 1):
            if i + k > end:
                break
            h = mix(h, codes[i + k - 1])
            if chars_mask >> k & 1:
                out[m] = half + (mix(h, k) & mask)
                m += 1
        if codes[i] != SPACE:
            word = mix(word, codes[i])
        if codes[i] != SPACE and (i + 1 == end or codes[i + 1] == SPACE):
            for k in range(most_words - 1, 0, -1):
                previous[k] = previous[k - 1]
            previous[0] = word
            filled = min(filled + 1, most_words)
            h = np.uint32(seed + 2)
            for k in range(1, filled + 1):
                h = mix(h, previous[k - 1])
                if words_mask >> k & 1:
                    out[m] = mix(h, k) & mask
                    m += 1
            word = np.uint32(seed)
    return m


@fast
def _hash_batch(codes, starts, words, chars, seed, half):
    n = len(starts) - 1
    per_code = words[1] + chars[1]
    widest = 0
    for i in range(n):
        widest = max(widest, starts[i + 1] - starts[i])
    scratch = np.empty(widest * per_code + 1, np.int32)
    seen = np.full(2 * half, -1, np.int32)
    out = np.empty(len(codes) * per_code + 1, np.int32)
    bounds = np.zeros(n + 1, np.int64)
    at = 0
    for i in range(n):
        m = hash_text(codes, starts[i], starts[i + 1], words, chars, seed, half, scratch)
        for j in range(m):
            bucket = scratch[j]
            if seen[bucket] != i:
                seen[bucket] = i
                out[at] = bucket
                at += 1
        bounds[i + 1] = at
    return bounds, out[:at].copy()


@fast
def _gather(codes, starts, words, chars, seed, half, weights, occupied, sums):
    n, columns = sums.shape
    per_code = words[1] + chars[1]
    widest = 0
    for i in range(n):
        widest = max(widest, starts[i + 1] - starts[i])
    scratch = np.empty(widest * per_code + 1, np.int32)
    seen = np.full(2 * half, -1, np.int32)
    for i in range(n):
        m = hash_text(codes, starts[i], starts[i + 1], words, chars, seed, half, scratch)
        for j in range(m):
            bucket = scratch[j]
            if occupied[bucket >> 3] >> (bucket & 7) & 1 and seen[bucket] != i:
                seen[bucket] = i
                for c in range(columns):
                    sums[i, c] += weights[bucket, c]


def _orders(spec: NgramSpec) -> tuple[tuple[int, int], tuple[int, int]]:
    """Give bit mask and maximum of the orders of words and of characters."""

    def packed(orders: tuple[int, ...]) -> tuple[int, int]:
        return sum(1 << k for k in orders), max(orders, default=0)

    return packed(spec.word_orders), packed(spec.char_orders)


def hash_batch(
    texts: CanonicalTexts, spec: NgramSpec
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Hash every text to the set of its n-grams' buckets.

    Returns
    -------
    indptr, indices
        Buckets of text ``i`` are ``indices[indptr[i]:indptr[i + 1]]``, each once, in the
        order of their first appearance (the index arrays of a binary CSR matrix).
    """
    words, chars = _orders(spec)
    bounds, indices = _hash_batch(texts.codes, texts.starts, words, chars, spec.seed, spec.words)
    return bounds, indices


def occupancy(weights: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Mark the buckets with any weight, a bit each: most n-grams of a text have none."""
    return np.packbits((weights != 0).any(axis=1), bitorder="little")


def gather(
    texts: CanonicalTexts,
    spec: NgramSpec,
    weights: NDArray[np.float32],
    occupied: NDArray[np.uint8] | None = None,
) -> NDArray[np.float32]:
    """Sum the weights of each text's distinct n-grams, all columns in one loop.

    Parameters
    ----------
    weights
        Shape (spec.buckets, columns).
    occupied
        `occupancy` of the weights, where it is already at hand.

    Returns
    -------
    Sums, shape (len(texts), columns).
    """
    words, chars = _orders(spec)
    sums = np.zeros((len(texts), weights.shape[1]), np.float32)
    if occupied is None:
        occupied = occupancy(weights)
    _gather(texts.codes, texts.starts, words, chars, spec.seed, spec.words, weights, occupied, sums)
    return sums
