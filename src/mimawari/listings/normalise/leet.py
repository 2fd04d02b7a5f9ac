"""Digits and symbols for letters, where the word they make is known: $+er01d$, 9un, 5ale.

Between letters the kernel undoes digits in any word; here those at a word's ends, and symbols,
in words that the lexicon holds.
"""

from __future__ import annotations

import numpy as np

from mimawari.listings.normalise.basics import fast, kind_at
from mimawari.listings.normalise.lexicon import COMMON, HIDE, SEED, WORD, known_as, mix
from mimawari.listings.normalise.tables import DIGIT, LATIN

# What stands for which letter; 1 is an i, or an l.
_PAIRS = {"0": "o", "1": "i", "2": "z", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "9": "g",
          "$": "s", "@": "a", "+": "t"}  # fmt: skip
LETTERS = np.zeros(128, np.uint32)
for _stand_in, _letter in _PAIRS.items():
    LETTERS[ord(_stand_in)] = ord(_letter)
ONE, L = ord("1"), ord("l")
SHORTEST, LONGEST, MOST_ONES, LEAST_LETTERS, LEAST_GENERAL = 3, 24, 3, 2, 4


@fast
def read_as_letters(codes, first, last, ones, words, letters):
    """Read ``codes[first:last]`` as a known word: which ones are l, as bits; -1 where it is none.

    Hidden words first, else frequent ones, else any where letters are more than stand-ins.
    """
    best, chosen = 0, -1
    for choice in range(1 << ones):
        h, seen = SEED, 0
        for p in range(first, last):
            code = codes[p]
            if code == ONE:
                code = np.uint32(L) if choice >> seen & 1 else LETTERS[ONE]
                seen += 1
            elif code < 128 and LETTERS[code]:
                code = LETTERS[code]
            h = mix(h, code)
        flags = known_as(words, h)
        worth = 0
        if flags & HIDE:
            worth = 3
        elif last - first >= LEAST_GENERAL and flags & COMMON:
            worth = 2
        elif last - first >= LEAST_GENERAL and flags & WORD and 2 * letters > last - first:
            worth = 1
        if worth > best:
            best, chosen = worth, choice
    return chosen


@fast
def unleet(codes, n, kind, words):
    """Write known words for what stands for them, in place; says if any was."""
    changed, i = False, 0
    while i < n:
        k = kind_at(codes, i, n, kind)
        stands = k != -1 and codes[i] < 128 and LETTERS[codes[i]] != 0
        if k != LATIN and not stands:
            i += 1
            continue
        first, letters, ones, others = i, 0, 0, 0
        while i < n:
            k, code = kind_at(codes, i, n, kind), codes[i]
            if k == LATIN:
                letters += 1
            elif k != -1 and code < 128 and LETTERS[code]:
                others += 1
                ones += code == ONE
            else:
                break
            i += 1
        if others == 0 or letters < LEAST_LETTERS or ones > MOST_ONES:
            continue
        if not SHORTEST <= i - first <= LONGEST or kind_at(codes, i, n, kind) == DIGIT:
            continue
        choice = read_as_letters(codes, first, i, ones, words, letters)
        if choice < 0:
            continue
        changed, seen = True, 0
        for p in range(first, i):
            if codes[p] == ONE:
                codes[p] = L if choice >> seen & 1 else LETTERS[ONE]
                seen += 1
            elif codes[p] < 128 and LETTERS[codes[p]]:
                codes[p] = LETTERS[codes[p]]
    return changed
