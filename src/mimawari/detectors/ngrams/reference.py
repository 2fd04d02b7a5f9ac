"""The n-gram definition in plain Python, one string at a time: the oracle of the kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mimawari.detectors.ngrams.spec import NgramSpec

LOW32 = 0xFFFFFFFF


def mix(h: int, code: int) -> int:
    """Take one code point into a hash."""
    h = ((h ^ code) * 0x9E3779B1) & LOW32
    return h ^ (h >> 15)


def folded(start: int, codes: list[int]) -> int:
    """Hash a sequence."""
    for code in codes:
        start = mix(start, code)
    return start


def buckets(text: str, spec: NgramSpec, marked: str | None = None) -> set[int]:
    """Give the buckets of a text's distinct n-grams.

    Words are what single spaces (and nothing else) part. A word n-gram is hashed from the
    last word back to the first, each word by its own hash. Character n-grams are those of
    the text with its marks, each word between two spaces; none begins with the second.

    Examples
    --------
    >>> from mimawari.detectors.ngrams import NgramSpec
    >>> len(buckets("gun for gun", NgramSpec(word_orders=(1, 2), char_orders=())))
    4
    """
    numbers: set[int] = set()
    for order in spec.char_orders:
        for gram in character_grams(text if marked is None else marked, order):
            h = mix(folded((spec.seed + 1) & LOW32, [ord(c) for c in gram]), order)
            numbers.add(spec.words + h % spec.words)
    words = [folded(spec.seed, [ord(c) for c in w]) for w in text.split(" ") if w]
    for order in spec.word_orders:
        for end in range(order, len(words) + 1):
            last_first = words[end - order : end][::-1]
            numbers.add(mix(folded((spec.seed + 2) & LOW32, last_first), order) % spec.words)
    return numbers


def character_grams(text: str, order: int) -> set[str]:
    """Give the n-grams of each word with a space on both sides.

    Examples
    --------
    >>> sorted(character_grams("a [b]", 3))
    [' [b', ' a ', '[b]', 'b] ']
    """
    grams: set[str] = set()
    for word in text.split(" ") if text else ():
        padded = f" {word} "
        last = min(len(padded) - order, len(word))
        grams.update(padded[start : start + order] for start in range(last + 1))
    return grams


def sums(
    text: str, spec: NgramSpec, weights: NDArray[np.float32], marked: str | None = None
) -> NDArray[np.float64]:
    """Sum the weights of a text's n-grams, in double precision; shape (columns,)."""
    of_text = sorted(buckets(text, spec, marked))
    totals: NDArray[np.float64] = weights[of_text].sum(0, dtype=np.float64)
    return totals
