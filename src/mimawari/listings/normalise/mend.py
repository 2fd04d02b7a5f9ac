"""Mending broken words: a masked letter, a mark or space inside, a look-alike.

A word is mended only to one that the lexicon holds, and where its parts are not themselves
frequent words: `gl ock` and `c*caine` are, `on line` and `s*t` are not.
"""

from __future__ import annotations

import numpy as np

from mimawari.compiled import fast, small
from mimawari.listings.normalise.alike import script_at, twin_of
from mimawari.listings.normalise.basics import (
    STAR,
    is_mask,
    is_white,
    kind_at,
    over_gap,
    put_space,
    trim,
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
    may_know,
    mix,
)
from mimawari.listings.normalise.pairs import may_hold
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

BETWEEN_WORDS = tuple(ord(c) for c in "/,;:&+()[]\n、。，／")
FIRST_CIRCLE = 0x25CB
MOST_LATIN, MOST_JAPANESE, MOST_PARTS = 24, 14, 3
LEAST_LEFT = 3  # letters beside a masked one
LEAST_APART = 3  # letters of a Japanese word that is broken by a gap
LEAST_ALIKE = 2  # of one that is only written with look-alikes
LEAST_GENERAL = 4
LONG_ALIKE = ord("一")


@fast
def completion(codes, first, last, at, words):
    """Letter that makes ``codes[first:last]`` a word where ``at`` is masked, or 0.

    The only hidden word that fits, else the only general one, else the only frequent one.
    """
    hidden, known, common = np.uint32(0), np.uint32(0), np.uint32(0)
    hidden_fits, known_fits, common_fits = 0, 0, 0
    head = SEED
    for p in range(first, at):
        head = mix(head, codes[p])
    for letter in range(ord("a"), ord("z") + 1):
        h = mix(head, letter)
        for p in range(at + 1, last):
            h = mix(h, codes[p])
        flags = known_as(words, h)
        if flags & HIDE:
            hidden, hidden_fits = np.uint32(letter), hidden_fits + 1
        if flags & WORD:
            known, known_fits = np.uint32(letter), known_fits + 1
        if flags & COMMON:
            common, common_fits = np.uint32(letter), common_fits + 1
    if hidden_fits:
        return hidden if hidden_fits == 1 else np.uint32(0)
    if known_fits == 1:
        return known
    return common if common_fits == 1 else np.uint32(0)


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


@small
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
    """Put letters where masks stand for them; other masks part words. Says if any changed."""
    m, changed = 0, False
    for i in range(n):
        code = codes[i]
        if is_mask(code):
            letter = masked_latin(codes, i, n, kind, words[0])
            if not letter:
                letter = masked_japanese(raw, codes, came, i, n, kind, words[1])
            changed = changed or letter != 0 or code == STAR
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
    m = trim(out, m)
    return m, changed or m != n


@fast
def is_tight(raw, came, i, j):
    """Whether marks other than those between words (and/or), and no space, part letters."""
    for p in range(came[i, 1], came[j, 0]):
        if is_white(raw[p]) or raw[p] in BETWEEN_WORDS:
            return False
    return came[i, 1] < came[j, 0]


@fast
def may_join(whole, length, tight, strange, rare):
    """Whether parts are one word: it is known, and they are not words of their own.

    ``strange``: a part is in no list; ``rare``: one is not frequent; ``tight``: a mark parts
    them, and no space: on-line, gl✨ock.
    """
    if whole & HIDE:
        return rare or tight
    if not whole & WORD or length < LEAST_GENERAL:
        return False
    return strange or tight


@fast
def hash_of(codes, i, j, h):
    """Take ``codes[i:j]`` into a hash."""
    for p in range(i, j):
        h = mix(h, codes[p])
    return h


@fast
def part_flags(codes, i, j, words):
    """Say whether a part is in no list, and whether it is not frequent; one letter is neither."""
    if j - i < 2:
        return False, False
    flags = known_as(words, hash_of(codes, i, j, SEED))
    return not flags & WORD, not flags & COMMON


@fast
def latin_end(codes, i, n, kind):
    """Give where the Latin letters from ``i`` on end."""
    while kind_at(codes, i, n, kind) == LATIN:
        i += 1
    return i


@fast
def are_one(codes, starts, stops, parts, whole, tight, words):
    """Whether Latin parts, whose letters together are known as ``whole``, are one word."""
    strange, rare, length = False, False, 0
    for p in range(parts):
        unknown, seldom = part_flags(codes, starts[p], stops[p], words)
        strange, rare = strange or unknown, rare or seldom
        length += stops[p] - starts[p]
    return may_join(whole, length, tight, strange, rare)


@fast
def joined_latin(raw, codes, came, i, n, kind, words):
    """Give where the first Latin part ends, and where all that are one word with it do."""
    j = latin_end(codes, i, n, kind)
    end = best = j
    starts, stops = (i, i, i), (j, j, j)
    tight, whole = True, SEED
    for parts in range(2, MOST_PARTS + 1):
        following = over_gap(codes, j, n, kind, LATIN)
        if following < 0:
            break
        after = latin_end(codes, following, n, kind)
        around = kind_at(codes, after, n, kind)
        if after - i > MOST_LATIN + 3 * MOST_PARTS or around == DIGIT or around == OTHER:
            break
        tight = tight and is_tight(raw, came, j - 1, following)
        if parts > 2 and not tight:
            break
        if parts == 2:
            whole = hash_of(codes, i, j, whole)
            starts, stops = (i, following, i), (end, after, i)
        else:
            starts, stops = (i, starts[1], following), (end, stops[1], after)
        whole = hash_of(codes, following, after, whole)
        j = after
        flags = known_as(words, whole)
        if flags and are_one(codes, starts, stops, parts, flags, tight, words):
            best = j
        if not tight:
            break
    return end, best


@fast
def walk(raw, codes, came, i, n, kind, words, eager, out, origins, m):
    """Write the longest Japanese word from ``i`` on that is broken or has look-alikes.

    ``eager`` takes a look-alike at ``i`` for what it stands for. Returns where the word ends in
    ``codes`` and in ``out``, or -1 where there is none.
    """
    h, j, w = SEED, i, m
    best, until, mended, apart = -1, m, False, False
    while j < n and w - m < MOST_JAPANESE:
        if kind_at(codes, j, n, kind) != KANA_OR_IDEOGRAPH:
            j = over_gap(codes, j, n, kind, KANA_OR_IDEOGRAPH)
            if j < 0:
                break
            mended = apart = True
        code, longer = codes[j], mix(h, codes[j])
        flags = known_as(words, longer)
        if not flags & (PREFIX | WORD) or (eager and j == i):
            code = twin_of(raw[came[j, 0]], code)
            if code == 0 or (code == LONG and w == m):
                break
            longer = h if code == LONG else mix(h, code)
            flags = known_as(words, longer)
            if not flags & (PREFIX | WORD):
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


@small
def may_go_on(raw, codes, came, j, h, bits):
    """Whether a hidden word may go on with the code point at ``j``, or what that stands for."""
    if may_know(bits, mix(h, codes[j])):
        return True
    twin = twin_of(raw[came[j, 0]], codes[j])
    return twin != 0 and (twin == LONG or may_know(bits, mix(h, twin)))


@small
def may_be_broken(raw, codes, came, i, n, kind, words):
    """Whether a word that begins at ``i`` as written may go on behind a gap or a look-alike.

    It reads only, and most words end before: they are as they were meant.
    """
    h = SEED
    for j in range(i, min(n, i + MOST_JAPANESE)):
        if kind_at(codes, j, n, kind) != KANA_OR_IDEOGRAPH:
            behind = over_gap(codes, j, n, kind, KANA_OR_IDEOGRAPH)
            return behind >= 0 and may_go_on(raw, codes, came, behind, h, words[1])
        longer, twin = mix(h, codes[j]), twin_of(raw[came[j, 0]], codes[j])
        known = may_know(words[1], longer)
        if known and twin:
            known = known_as(words, longer) & (PREFIX | WORD) != 0
        if not known:
            return twin != 0 and (twin == LONG or may_know(words[1], mix(h, twin)))
        h = longer
    return False


@fast
def walk_japanese(raw, codes, came, i, second, n, kind, words, out, origins, m):
    """Walk a word that may begin at ``i`` as written, else with a look-alike in the first place.

    ``second``: where its second letter stands.
    """
    best, until = -1, m
    if may_be_broken(raw, codes, came, i, n, kind, words):
        best, until = walk(raw, codes, came, i, n, kind, words, False, out, origins, m)
    twin = twin_of(raw[came[i, 0]], codes[i]) if best < 0 else np.uint32(0)
    if twin and may_go_on(raw, codes, came, second, mix(SEED, twin), words[1]):
        best, until = walk(raw, codes, came, i, n, kind, words, True, out, origins, m)
    return best, until


@fast
def twins_may_know(bits, first, second, a, b):
    """Whether a hidden word may begin with two code points, or what they stand for (a, b)."""
    if second == LONG:
        return True
    if first and may_know(bits, mix(mix(SEED, first), b)):
        return True
    if second and may_know(bits, mix(mix(SEED, a), second)):
        return True
    return first and second and may_know(bits, mix(mix(SEED, first), second))


@fast
def copied(codes, came, i, j, out, origins, m, letters, kind):
    """Copy ``codes[i:j]``, or the Latin letters of it, to ``out`` from ``m`` on; its new end."""
    for p in range(i, j):
        if not letters or kind_at(codes, p, j, kind) == LATIN:
            out[m], origins[m, 0], origins[m, 1] = codes[p], came[p, 0], came[p, 1]
            m += 1
    return m


@fast
def joined_from(raw, codes, came, start, n, kind, words):
    """Give where the Latin parts from ``start`` on that are one word end, or -1."""
    around = kind_at(codes, start - 1, n, kind)
    if around == DIGIT or around == OTHER:
        return -1
    end, until = joined_latin(raw, codes, came, start, n, kind, words)
    return until if until > end else -1


@fast
def mend(raw, codes, came, n, kind, words, out, origins):
    """Join the parts of words, and undo look-alikes of Japanese ones; says if any was.

    Where none was, nothing that counts is written. One pass keeps the hashes of the last parts:
    of the last one, the last two and the last three together, and where these begin.
    """
    m, i, written, parts = 0, 0, 0, 0
    latin, japanese, pairs = words
    last = last_two = last_three = SEED
    last_at = last_two_at = last_three_at = 0
    following = kind_at(codes, 0, n, kind)
    while i < n:
        code, k, until, start, w = codes[i], following, -1, i, m
        following = -1
        if i + 1 < n and codes[i + 1] != SPACE:
            following = int(kind[codes[i + 1]])
        if k == LATIN:
            last, last_two, last_three = mix(last, code), mix(last_two, code), mix(last_three, code)
            if following != LATIN:
                if parts > 1 and may_know(latin[1], last_three):
                    start = last_three_at
                    until = joined_from(raw, codes, came, start, n, kind, latin)
                if until < 0 and parts > 0 and may_know(latin[1], last_two):
                    start = last_two_at
                    until = joined_from(raw, codes, came, start, n, kind, latin)
                last_three, last_two, last, parts = last_two, last, SEED, parts + 1
                last_three_at, last_two_at, last_at = last_two_at, last_at, i + 1
        elif k == KANA_OR_IDEOGRAPH:
            j = i + 1
            if following != KANA_OR_IDEOGRAPH:
                j = over_gap(codes, i + 1, n, kind, KANA_OR_IDEOGRAPH)
            # Behind an ideograph that may be a long vowel the second letter is not yet known.
            likely = j > 0 and (may_hold(pairs, code, codes[j]) or codes[j] == LONG_ALIKE)
            if likely and begins(raw, codes, came, i, n, kind):
                after = codes[j]
                maybe = may_know(japanese[1], mix(mix(SEED, code), after))
                if not maybe:
                    first, second = twin_of(raw[came[i, 0]], code), twin_of(raw[came[j, 0]], after)
                    maybe = (first or second) and twins_may_know(
                        japanese[1], first, second, code, after
                    )
                if maybe:
                    w = m + i - written
                    until, w = walk_japanese(
                        raw, codes, came, i, j, n, kind, japanese, out, origins, w
                    )
        if until < 0:
            if k != LATIN:
                last_at = i + 1
                if k == DIGIT or k == OTHER or k == KANA_OR_IDEOGRAPH:
                    parts, last = 0, SEED
            i += 1
            continue
        m = copied(codes, came, written, start, out, origins, m, False, kind)
        m = copied(codes, came, start, until, out, origins, m, True, kind) if k == LATIN else w
        i = written = last_at = until
        following = kind_at(codes, i, n, kind)
        parts, last = 0, SEED
    if written == 0:
        return n, False
    return copied(codes, came, written, n, out, origins, m, False, kind), True
