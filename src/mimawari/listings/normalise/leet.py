"""Digits and symbols for letters, where the word they make is known: $+er01d$, 9lock.

Between letters the kernel undoes digits in any word; here those at a word's ends, and symbols,
in words that the lexicon holds.
"""

from __future__ import annotations

import numpy as np

from mimawari.compiled import fast
from mimawari.listings.normalise.basics import kind_at
from mimawari.listings.normalise.lexicon import COMMON, HIDE, SEED, WORD, known_as, mix
from mimawari.listings.normalise.tables import DIGIT, LATIN, SPACE

# What stands for which letter; 1 is an i, or an l.
_PAIRS = {"0": "o", "1": "i", "2": "z", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "9": "g",
          "$": "s", "@": "a", "+": "t", "!": "i"}  # fmt: skip
LETTERS = np.zeros(128, np.uint32)
for _stand_in, _letter in _PAIRS.items():
    LETTERS[ord(_stand_in)] = ord(_letter)
ONE, L, BANG, DOT = (ord(c) for c in "1l!.")
SHORTEST, LONGEST, MOST_ONES, LEAST_LETTERS, LEAST_GENERAL = 3, 24, 3, 2, 4
LEAST_AHEAD, NEVER = 5, 9


@fast
def is_stand_in(codes, i, n, kind):
    """Whether a code point may stand for a letter; ! only inside of a word."""
    if i < 0 or i >= n or codes[i] >= 128 or LETTERS[codes[i]] == 0:
        return False
    if codes[i] != BANG:
        return True
    after = kind_at(codes, i + 1, n, kind)
    return (after == LATIN or after == DIGIT) and kind_at(codes, i - 1, n, kind) in (LATIN, DIGIT)


@fast
def read_as_letters(codes, first, last, ones, words, least):
    """Read ``codes[first:last]`` as a known word: which ones are l, as bits; -1 where it is none.

    Words that sellers hide first, then frequent ones, then others; nothing below ``least``.
    """
    best, chosen = least, -1
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
        elif last - first >= LEAST_GENERAL and flags & (COMMON | WORD):
            worth = 2 if flags & COMMON else 1
        if worth > best:
            best, chosen = worth, choice
    return chosen


@fast
def least_worth(codes, first, last, letters, kind):
    """Say what a word must be worth: 80mb, 5ms and note5 are none, 9lock is."""
    ahead, behind, digits = first, last, 0
    while kind[codes[ahead]] != LATIN:
        digits += kind[codes[ahead]] == DIGIT
        ahead += 1
    if digits > 1:
        return NEVER
    digits = 0
    while kind[codes[behind - 1]] != LATIN:
        digits += kind[codes[behind - 1]] == DIGIT
        behind -= 1
    only_there = letters == behind - ahead
    if digits > 1 or (only_there and digits):
        return NEVER
    if only_there:
        return 2 if last - first >= LEAST_AHEAD else NEVER
    return 0 if 2 * letters > last - first else 1


@fast
def spell_out(codes, first, last, kind, words, letters, ones):
    """Write a known word for ``codes[first:last]`` in place; says if it is one."""
    least = least_worth(codes, first, last, letters, kind)
    if least == NEVER:
        return False
    choice = read_as_letters(codes, first, last, ones, words, least)
    seen = 0
    for p in range(first, last if choice >= 0 else first):
        if codes[p] == ONE:
            codes[p] = L if choice >> seen & 1 else LETTERS[ONE]
            seen += 1
        elif codes[p] < 128 and LETTERS[codes[p]]:
            codes[p] = LETTERS[codes[p]]
    return choice >= 0


@fast
def unleet(codes, n, kind, words):
    """Write known words for what stands for them, in place; says if any was."""
    changed, first, letters, ones = False, 0, 0, 0
    for i in range(n + 1):
        code = codes[i] if i < n else np.uint32(SPACE)
        k = -1 if code == SPACE else int(kind[code])
        if k == LATIN:
            letters += 1
            continue
        if code < 128 and LETTERS[code] and (code != BANG or is_stand_in(codes, i, n, kind)):
            ones += code == ONE
            continue
        length = i - first
        fits = LEAST_LETTERS <= letters < length and SHORTEST <= length <= LONGEST
        if fits and ones <= MOST_ONES and k != DIGIT:
            decimal = kind_at(codes, first - 2, n, kind) == DIGIT and codes[first - 1] == DOT
            if not decimal and spell_out(codes, first, i, kind, words, letters, ones):
                changed = True
        first, letters, ones = i + 1, 0, 0
    return changed
