"""One look at a text says which of the rewriting steps may change it: most change nothing."""

from __future__ import annotations

from mimawari.compiled import fast
from mimawari.listings.normalise.alike import FIRST_SUSPECT, SUSPECT
from mimawari.listings.normalise.basics import STAR, is_mask
from mimawari.listings.normalise.leet import LETTERS
from mimawari.listings.normalise.tables import DIGIT, LATIN, SPACE

MASKS, LEET, INNER, SHAPES, ROWS, READINGS = 1, 2, 4, 8, 16, 32
BANG, DOLLAR, COMMA, DOT, AT = (ord(c) for c in "!$,.@")


@fast
def look_at(codes, n, kind, opens):
    """Say what a text holds, as bits.

    MASKS: * or a circle. LEET: a digit or symbol beside a letter. INNER: digits between letters,
    or one of !$,.@. SHAPES: what may look like a letter of another script. ROWS: three of one
    code point. READINGS: where a variant may begin.
    """
    seen, before, last, earlier, number = 0, -1, 0, 0, False
    for i in range(n):
        code = codes[i]
        k = -1 if code == SPACE else int(kind[code])
        if k == LATIN:
            if before == DIGIT:
                seen |= INNER | LEET if number else LEET
            elif before != LATIN and last < 128 and LETTERS[last]:
                seen |= LEET
            if before != LATIN and before != DIGIT and opens[code]:
                seen |= READINGS
            number = False
        elif k == DIGIT:
            if before != DIGIT:
                number = before == LATIN
                seen |= READINGS if opens[code] else LEET if number else 0
        elif code >= FIRST_SUSPECT:
            if SUSPECT[code & 255]:
                seen |= SHAPES
            if is_mask(code):
                seen |= MASKS
            if opens[code]:
                seen |= READINGS
        elif k != -1:
            if code == STAR:
                seen |= MASKS
            elif code == BANG or code == DOLLAR or code == COMMA or code == DOT or code == AT:
                seen |= INNER
            if before == LATIN and code < 128 and LETTERS[code]:
                seen |= LEET
            if opens[code]:
                seen |= READINGS
        if code == last and code == earlier:
            seen |= ROWS
        earlier, last, before = last, code, k
    return seen
