"""What all compiled loops of the normaliser share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mimawari.compiled import fast, small
from mimawari.listings.normalise.tables import LIMIT, MARK, PICTURE, SPACE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Codes = NDArray[np.uint32]
    Origins = NDArray[np.int32]

LINE_BREAK, STAR = 0x0A, 0x2A
MOST_GAP = 6


@small
def kind_at(codes: Codes, i: int, n: int, kind: NDArray[np.uint8]) -> int:
    """Kind of the code point at ``i``; -1 outside the text or at a space."""
    if i < 0 or i >= n or codes[i] == SPACE or codes[i] >= LIMIT:
        return -1
    return int(kind[codes[i]])


@small
def is_hiragana(code: int) -> bool:
    """Whether a folded code point is kana (katakana has become hiragana)."""
    return 0x3041 <= code <= 0x309F


@fast
def put_space(out: Codes, origins: Origins, m: int, at: int) -> int:
    """Append a space unless the text is empty or ends with one."""
    if m > 0 and out[m - 1] != SPACE:
        out[m] = SPACE
        origins[m, 0] = at
        origins[m, 1] = at + 1
        return m + 1
    return m


@fast
def trim(out: Codes, m: int) -> int:
    """Drop a trailing space."""
    return m - 1 if m > 0 and out[m - 1] == SPACE else m


@small
def is_mask(code):
    """Whether a folded code point can stand for a letter: * and the circles of 伏せ字."""
    return code in (STAR, 0x25CB, 0x25CF, 0x25EF, 0x3007, 0x2B55)


@fast
def is_white(code):
    """Whether a code point is white space that parts words."""
    return code in (SPACE, 0x3000, 0x09, 0xA0)


@fast
def gap_between(raw, came, i, j):
    """How two code points were parted: a number of what stood there, -1 with a line break.

    White space is 0 however much, so that it parts alike everywhere.
    """
    gap, marks = 0, False
    for p in range(came[i, 1], came[j, 0]):
        code = raw[p]
        if code == LINE_BREAK:
            return -1
        marks = marks or not is_white(code)
        gap = (31 * gap + int(code)) & 0x7FFFFFFF
    return gap if marks else 0


@fast
def over_gap(codes, j, n, kind, wanted):
    """Give where the next letter of a kind stands behind one gap at ``j``, or -1.

    A gap is a space, pictures with their spaces, or one mark; two where a long vowel stood.
    """
    at = j
    if at < n and codes[at] == SPACE:
        at += 1
        while at < j + MOST_GAP and kind_at(codes, at, n, kind) == PICTURE:
            at += 2  # and the space behind it
    elif kind_at(codes, at, n, kind) == MARK:
        at += 1
        if at + 1 < n and codes[at] == SPACE and codes[at + 1] == codes[j]:
            at += 2
    if at == j or kind_at(codes, at, n, kind) != wanted:
        return -1
    return at
