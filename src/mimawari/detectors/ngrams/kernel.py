"""The compiled n-gram loops.

At each position of the text with its marks, the hashes of the character n-grams that start
there are grown code point by code point, up to the space that ends the word; at each word's
end in the canonical text, the hashes of the word n-grams that end there are taken from the last
words' hashes. A bucket counts once a text: a table of stamps
remembers the text that touched it last, so that nothing has to be cleared in between.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mimawari.compiled import counting, fast
from mimawari.detectors.ngrams.marks import MarkedTexts, with_marks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mimawari.detectors.ngrams.spec import NgramSpec
    from mimawari.listings.normalise import CanonicalTexts

SPACE = np.uint32(0x20)


@fast
def mix(h, code):
    """Take one more code point into a 32-bit hash (a multiply-xorshift step)."""
    h = np.uint32((np.uint64(h) ^ np.uint64(code)) * np.uint64(0x9E3779B1) & np.uint64(0xFFFFFFFF))
    return np.uint32(h ^ (h >> np.uint32(15)))


@fast
def hash_chars(codes, start, end, chars, seed, half, out):
    """Write the bucket of every character n-gram of one text to ``out``; returns how many.

    None reaches across a space; the beginning and the end of a text count as spaces.
    """
    mask_of_orders, most = chars
    mask = np.uint32(half - 1)
    m = 0
    if most == 0 or start == end:
        return m
    for i in range(start - 1, end):
        h = np.uint32(seed + 1)
        for k in range(1, most + 1):
            at = i + k - 1
            if at > end:
                break
            code = SPACE if at < start or at == end else codes[at]
            h = mix(h, code)
            if mask_of_orders >> k & 1:
                out[m] = half + (mix(h, k) & mask)
                m += 1
            if code == SPACE and k > 1:
                break
    return m


@counting
def hash_words(codes, start, end, words, seed, half, out, m):
    """Write the bucket of every word n-gram of one text to ``out`` from ``m`` on."""
    mask_of_orders, most = words
    mask = np.uint32(half - 1)
    if most == 0:
        return m
    previous = np.zeros(most + 1, np.uint32)
    filled = 0
    word = np.uint32(seed)
    for i in range(start, end):
        if codes[i] == SPACE:
            continue
        word = mix(word, codes[i])
        if i + 1 == end or codes[i + 1] == SPACE:
            for k in range(most - 1, 0, -1):
                previous[k] = previous[k - 1]
            previous[0] = word
            filled = min(filled + 1, most)
            h = np.uint32(seed + 2)
            for k in range(1, filled + 1):
                h = mix(h, previous[k - 1])
                if mask_of_orders >> k & 1:
                    out[m] = mix(h, k) & mask
                    m += 1
            word = np.uint32(seed)
    return m


@counting
def hash_text(codes, starts, marked, marked_starts, i, words, chars, seed, half, out):
    """Write the bucket of every n-gram of text ``i`` to ``out``; returns how many.

    ``words`` and ``chars`` hold a mask, whose bit ``k`` asks for order k, and the largest order.
    """
    m = hash_chars(marked, marked_starts[i], marked_starts[i + 1], chars, seed, half, out)
    return hash_words(codes, starts[i], starts[i + 1], words, seed, half, out, m)


@counting
def scratch_for(starts, marked_starts, words, chars):
    """Make room for the n-grams of the longest text."""
    widest = 0
    for i in range(len(starts) - 1):
        of_words = (starts[i + 1] - starts[i]) * words[1]
        widest = max(widest, of_words + (marked_starts[i + 1] - marked_starts[i] + 1) * chars[1])
    return np.empty(widest + 1, np.int32)


@counting
def _hash_batch(codes, starts, marked, marked_starts, words, chars, seed, half):
    n = len(starts) - 1
    scratch = scratch_for(starts, marked_starts, words, chars)
    seen = np.full(2 * half, -1, np.int32)
    out = np.empty(len(codes) * words[1] + (len(marked) + n) * chars[1] + 1, np.int32)
    bounds = np.zeros(n + 1, np.int64)
    at = 0
    for i in range(n):
        m = hash_text(codes, starts, marked, marked_starts, i, words, chars, seed, half, scratch)
        for j in range(m):
            bucket = scratch[j]
            if seen[bucket] != i:
                seen[bucket] = i
                out[at] = bucket
                at += 1
        bounds[i + 1] = at
    return bounds, out[:at].copy()


@counting
def _gather(
    codes, starts, marked, marked_starts, words, chars, seed, half, weights, occupied, sums
):
    n, columns = sums.shape
    scratch = scratch_for(starts, marked_starts, words, chars)
    seen = np.full(2 * half, -1, np.int32)
    for i in range(n):
        m = hash_text(codes, starts, marked, marked_starts, i, words, chars, seed, half, scratch)
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
    marked = with_marks(texts)
    bounds, indices = _hash_batch(texts.codes, texts.starts, marked.codes, marked.starts,
                                  words, chars, spec.seed, spec.words)  # fmt: skip
    return bounds, indices


def occupancy(weights: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Mark the buckets with any weight, a bit each: most n-grams of a text have none."""
    return np.packbits((weights != 0).any(axis=1), bitorder="little")


def gather(
    texts: CanonicalTexts,
    spec: NgramSpec,
    weights: NDArray[np.float32],
    occupied: NDArray[np.uint8] | None = None,
    marked: MarkedTexts | None = None,
) -> NDArray[np.float32]:
    """Sum the weights of each text's distinct n-grams, all columns in one loop.

    Parameters
    ----------
    weights
        Shape (spec.buckets, columns).
    occupied
        `occupancy` of the weights, where it is already at hand.
    marked
        `with_marks` of the texts, where it is already at hand.

    Returns
    -------
    Sums, shape (len(texts), columns).
    """
    words, chars = _orders(spec)
    sums = np.zeros((len(texts), weights.shape[1]), np.float32)
    if occupied is None:
        occupied = occupancy(weights)
    marked = with_marks(texts) if marked is None else marked
    _gather(texts.codes, texts.starts, marked.codes, marked.starts, words, chars, spec.seed,
            spec.words, weights, occupied, sums)  # fmt: skip
    return sums
