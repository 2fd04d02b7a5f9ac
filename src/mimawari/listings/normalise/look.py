"""One look at a text says which of the rewriting steps may change it: most change nothing."""

from __future__ import annotations

from mimawari.listings.normalise.alike import FIRST_SUSPECT, SUSPECT
from mimawari.listings.normalise.basics import STAR, fast, is_mask
from mimawari.listings.normalise.leet import LETTERS
from mimawari.listings.normalise.tables import DIGIT, LATIN, SPACE

MASKS, LEET, MARKS, SHAPES, ROWS = 1, 2, 4, 8, 16
BANG, DOLLAR, COMMA, DOT, AT = (ord(c) for c in "!$,.@")


@fast
def look_at(codes, n, kind):
    """Say what a text holds, as bits.

    MASKS: * or a circle. LEET: a digit or symbol beside a letter. MARKS: one of !$,.@.
    SHAPES: what may look like a letter of another script. ROWS: three of one code point.
    """
    seen, before, last, earlier = 0, -1, 0, 0
    for i in range(n):
        code = codes[i]
        k = -1 if code == SPACE else int(kind[code])
        if code >= FIRST_SUSPECT:
            if SUSPECT[code & 255]:
                seen |= SHAPES
            if is_mask(code):
                seen |= MASKS
        elif k != LATIN and code < 128:
            if code == STAR:
                seen |= MASKS
            elif code == BANG or code == DOLLAR or code == COMMA or code == DOT or code == AT:
                seen |= MARKS
        if k == LATIN:
            if before != LATIN and last < 128 and LETTERS[last]:
                seen |= LEET
        elif before == LATIN and (k == DIGIT or (code < 128 and LETTERS[code])):
            seen |= LEET
        if code == last and code == earlier:
            seen |= ROWS
        earlier, last, before = last, code, k
    return seen
