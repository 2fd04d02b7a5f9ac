"""Mending broken words: a masked letter, a mark or space inside, a look-alike.

A word is mended only to one that the lexicon holds, and where its parts are not themselves
frequent words: `gl ock` and `c*caine` are, `on line` and `s*t` are not.
"""

from __future__ import annotations

import numpy as np

from mimawari.listings.normalise.alike import script_at, twin_of
from mimawari.listings.normalise.basics import (
    STAR,
    fast,
    is_mask,
    is_white,
    kind_at,
    over_gap,
    put_space,
)
from mimawari.listings.normalise.lexicon import (
    COMMON,
    HIDE,
    LETTER_SHIFT,
    MASKED,
    PREFIX,
    SEED,
    WORD,
    known_as,
    mix,
)
from mimawari.listings.normalise.tables import (
    DIGIT,
    KANA_OR_IDEOGRAPH,
    LATIN,
    LONG,
    OTHER,
    PICTURE,
    SPACE,
)
from mimawari.listings.normalise.trie import PARTICLES

MOST_LATIN, MOST_JAPANESE, MOST_PARTS = 24, 14, 3
LEAST_LEFT = 3  # letters beside a masked one
LEAST_APART = 3  # letters of a Japanese word that is broken by a gap
LEAST_ALIKE = 2  # of one that is only written with look-alikes
LEAST_GENERAL = 4


@fast
def any_masks(codes, n):
    """Whether a text holds any mask: most do not."""
    for i in range(n):
        if is_mask(codes[i]):
            return True
    return False


@fast
def completion(codes, first, last, at, words):
    """Letter that makes ``codes[first:last]`` a word where ``at`` is masked, or 0.

    The only hidden word that fits, else the only general one, else the only frequent one.
    """
    letters = np.zeros(3, np.uint32)
    fits = np.zeros(3, np.int64)
    head = SEED
    for p in range(first, at):
        head = mix(head, codes[p])
    for letter in range(ord("a"), ord("z") + 1):
        h = mix(head, letter)
        for p in range(at + 1, last):
            h = mix(h, codes[p])
        flags = known_as(words, h)
        for rank, wanted in enumerate((HIDE, WORD, COMMON)):
            if flags & wanted:
                letters[rank] = letter
                fits[rank] += 1
    for rank in range(3):
        if fits[rank] == 1:
            return letters[rank]
        if rank == 0 and fits[0] > 1:
            break
    return np.uint32(0)


@fast
def masked_latin(codes, i, n, kind, words):
    """Letter for the mask at ``i`` of a Latin word, with no other mask and enough left."""
    if kind_at(codes, i - 1, n, kind) != LATIN or kind_at(codes, i + 1, n, kind) != LATIN:
        return np.uint32(0)
    first, last = i, i + 1
    while kind_at(codes, first - 1, n, kind) == LATIN and i - first < MOST_LATIN:
        first -= 1
    while kind_at(codes, last, n, kind) == LATIN and last - i < MOST_LATIN:
        last += 1
    for p in (first - 1, last):
        around = kind_at(codes, p, n, kind)
        if around == DIGIT or around == LATIN or (0 <= p < n and is_mask(codes[p])):
            return np.uint32(0)
    if last - first - 1 < LEAST_LEFT:
        return np.uint32(0)
    return completion(codes, first, last, i, words)


@fast
def begins(raw, codes, came, i, n, kind):
    """Whether a Japanese word may begin at ``i``: other script or nothing before it."""
    if kind_at(codes, i - 1, n, kind) != KANA_OR_IDEOGRAPH:
        return True
    return script_at(raw, codes, came, i - 1) != script_at(raw, codes, came, i)


@fast
def ends(raw, codes, came, j, n, kind):
    """Whether a Japanese word may end before ``j``: other script, particle or nothing there."""
    if kind_at(codes, j, n, kind) != KANA_OR_IDEOGRAPH:
        return not (j < n and is_mask(codes[j]))
    if script_at(raw, codes, came, j - 1) != script_at(raw, codes, came, j):
        return True
    for particle in PARTICLES:
        if codes[j] == particle:
            return True
    return False


@fast
def masked_japanese(raw, codes, came, i, n, kind, words):
    """Code point for the mask at ``i`` by the longest word that fits around it, or 0."""
    best, letter = 0, np.uint32(0)
    for first in range(max(0, i - MOST_JAPANESE), i + 1):
        h, j = SEED, first
        starts = begins(raw, codes, came, first, n, kind)
        while starts and j < n and j - first < MOST_JAPANESE:
            if j != i and kind_at(codes, j, n, kind) != KANA_OR_IDEOGRAPH:
                break
            h = mix(h, STAR if j == i else codes[j])
            j += 1
            flags = known_as(words, h)
            if j > i and flags & MASKED and j - first > best:
                if ends(raw, codes, came, j, n, kind):
                    best, letter = j - first, np.uint32(flags >> LETTER_SHIFT)
    return letter


@fast
def unmask(raw, codes, came, n, kind, words, out, origins):
    """Put letters where masks stand for them; other masks part words, ○ as a picture."""
    m = 0
    for i in range(n):
        code = codes[i]
        if is_mask(code):
            letter = masked_latin(codes, i, n, kind, words)
            if not letter:
                letter = masked_japanese(raw, codes, came, i, n, kind, words)
            shown = kind_at(codes, i, n, kind) == PICTURE
            if not letter and (shown or code == STAR):
                m = put_space(out, origins, m, came[i, 0])
                if shown:
                    out[m], origins[m, 0], origins[m, 1] = code, came[i, 0], came[i, 1]
                    m = put_space(out, origins, m + 1, came[i, 0])
                continue
            code = letter if letter else code
        elif code == SPACE and m > 0 and out[m - 1] == SPACE:
            continue
        if code == SPACE and m == 0:
            continue
        out[m], origins[m, 0], origins[m, 1] = code, came[i, 0], came[i, 1]
        m += 1
    return m - 1 if m > 0 and out[m - 1] == SPACE else m


@fast
def is_tight(raw, came, i, j):
    """Whether something but white space, and no white space, parts two code points."""
    for p in range(came[i, 1], came[j, 0]):
        if is_white(raw[p]):
            return False
    return came[i, 1] < came[j, 0]


@fast
def may_join(whole, length, tight, strange, rare, single):
    """Whether parts are one word: it is known, and they are not words of their own.

    ``strange``: a part is in no list; ``rare``: one is not frequent; ``single``: one letter.
    """
    if whole & HIDE:
        return rare or tight
    if not whole & WORD or length < LEAST_GENERAL:
        return False
    return strange or (tight and single)


@fast
def joined_latin(raw, codes, came, i, n, kind, words):
    """Give where the Latin parts from ``i`` on that are one word end, else that of the first."""
    whole, j, length, parts = SEED, i, 0, 0
    tight, strange, rare, single = True, False, False, False
    end = best = i
    while True:
        first, part = j, SEED
        while kind_at(codes, j, n, kind) == LATIN:
            if j - first < MOST_LATIN:
                whole, part = mix(whole, codes[j]), mix(part, codes[j])
            j += 1
        length, parts = length + j - first, parts + 1
        if parts == 1:
            end = best = j
        after = kind_at(codes, j, n, kind)
        if length > MOST_LATIN or after == DIGIT or after == OTHER:
            break
        flags = known_as(words, part)
        single = single or j - first == 1
        if j - first > 1:
            strange = strange or not flags & WORD
            rare = rare or not flags & COMMON
        if parts > 1 and may_join(known_as(words, whole), length, tight, strange, rare, single):
            best = j
        following = over_gap(codes, j, n, kind, LATIN) if parts < MOST_PARTS else -1
        if following < 0 or (parts > 1 and not tight):
            break
        tight = tight and is_tight(raw, came, j - 1, following)
        j = following
    return best, best > end


@fast
def joined_japanese(raw, codes, came, i, n, kind, words, out, origins, m):
    """Write the longest Japanese word from ``i`` on that is broken or has look-alikes.

    Returns where it ends in ``codes`` and in ``out``, or -1 and ``m`` where there is none.
    """
    h, j, w = SEED, i, m
    best, until, mended, apart = -1, m, False, False
    while j < n and w - m < MOST_JAPANESE:
        if kind_at(codes, j, n, kind) != KANA_OR_IDEOGRAPH:
            following = over_gap(codes, j, n, kind, KANA_OR_IDEOGRAPH)
            if following < 0 or w == m:
                break
            mended = apart = True
            j = following
        code = codes[j]
        longer = mix(h, code)
        flags = known_as(words, longer)
        if not flags & (PREFIX | WORD):
            twin = twin_of(raw[came[j, 0]], code)
            if twin == LONG and w > m:
                longer, code = h, np.uint32(LONG)
                flags = known_as(words, h)
            elif twin:
                longer, code = mix(h, twin), twin
                flags = known_as(words, longer)
            if not twin or not flags & (PREFIX | WORD):
                break
            mended = True
        h, j = longer, j + 1
        if code == LONG:
            origins[w - 1, 1] = came[j - 1, 1]
        else:
            out[w], origins[w, 0], origins[w, 1] = code, came[j - 1, 0], came[j - 1, 1]
            w += 1
        least = LEAST_APART if apart else LEAST_ALIKE
        if mended and flags & WORD and w - m >= least and ends(raw, codes, came, j, n, kind):
            best, until = j, w
    return best, until


@fast
def mend(raw, codes, came, n, kind, words, out, origins):
    """Join the parts of words, and undo look-alikes of Japanese ones; says if any was."""
    m, i, mended = 0, 0, False
    while i < n:
        k, until, end = kind_at(codes, i, n, kind), i + 1, -1
        before = kind_at(codes, i - 1, n, kind)
        if k == LATIN and before != LATIN and before != DIGIT and before != OTHER:
            until, joins = joined_latin(raw, codes, came, i, n, kind, words)
            mended = mended or joins
        elif k == KANA_OR_IDEOGRAPH and begins(raw, codes, came, i, n, kind):
            end, w = joined_japanese(
                raw, codes, came, i, n, kind, words, out, origins, m
            )
            if end > 0:
                i, m, mended = end, w, True
                continue
        joins = k == LATIN and until > i + 1
        for p in range(i, until):
            if not joins or kind_at(codes, p, n, kind) == LATIN:
                out[m], origins[m, 0], origins[m, 1] = codes[p], came[p, 0], came[p, 1]
                m += 1
        i = until
    return m, mended
