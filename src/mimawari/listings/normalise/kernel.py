"""The normaliser's compiled loops: one pass folds, a few passes rewrite, all linear.

Every function works on one text at a time in buffers of (code points, origins) and returns
the new length. ``origins[i] = (start, end)`` is the part of the original text that code point
``i`` came from.
"""

from __future__ import annotations

import numpy as np

from mimawari.compiled import counting, fast
from mimawari.listings.normalise.alike import in_context
from mimawari.listings.normalise.basics import (
    gap_between,
    is_hiragana,
    is_mask,
    kind_at,
    over_gap,
    put_space,
    trim,
)
from mimawari.listings.normalise.leet import unleet
from mimawari.listings.normalise.look import INNER, LEET, MASKS, READINGS, ROWS, SHAPES, look_at
from mimawari.listings.normalise.mend import mend, unmask
from mimawari.listings.normalise.pairs import may_hold
from mimawari.listings.normalise.tables import (
    DIGIT,
    KANA_OR_IDEOGRAPH,
    LATIN,
    LIMIT,
    LONG,
    MARK,
    OTHER,
    PICTURE,
    SEMI_VOICED,
    SPACE,
    VOICED,
)
from mimawari.listings.normalise.trie import ALONE

DOT, COMMA, BANG, DOLLAR, AT = (ord(c) for c in ".,!$@")
# What the digits 0-9 stand in for between letters; 0 where nothing.
STAND_INS = np.array([ord(c) if c != " " else 0 for c in "oi eas t  "], np.uint32)
MOST_PASSES = 8


@fast
def fold(raw, start, length, folded, kind, voiced, out, origins):
    """Fold each code point by the tables; join voiced marks, drop long vowels."""
    m = 0
    for i in range(len(raw)):
        code = raw[i]
        if code >= LIMIT:
            continue
        for j in range(start[code], start[code] + length[code]):
            f = folded[j]
            last = out[m - 1] if m > 0 else np.uint32(SPACE)
            if f == VOICED or f == SEMI_VOICED:
                if 0x3041 <= last < 0x3041 + len(voiced):
                    joined = voiced[last - 0x3041, f - VOICED]
                    if joined:
                        out[m - 1] = joined
                        origins[m - 1, 1] = i + 1
                continue
            if f == LONG and last < LIMIT and kind[last] == KANA_OR_IDEOGRAPH:
                origins[m - 1, 1] = i + 1
                continue
            if f == SPACE or f == LONG:
                m = put_space(out, origins, m, i)
                continue
            picture = f < LIMIT and kind[f] == PICTURE and not is_mask(f)
            if picture:
                m = put_space(out, origins, m, i)
            out[m] = f
            origins[m, 0] = i
            origins[m, 1] = i + 1
            m += 1
            if picture:
                m = put_space(out, origins, m, i)
    return trim(out, m)


@fast
def stands_in(codes, i, n, token, kind):
    """Letter that the digit at ``i`` stands in for, or 0.

    The run of digits lies strictly between letters, is at most two long, each of its digits
    looks like a letter, and the token starts with a letter: w33d, c0caine; not mp3, 10mg.
    """
    first, last = i, i
    while kind_at(codes, first - 1, n, kind) == DIGIT:
        first -= 1
    while kind_at(codes, last + 1, n, kind) == DIGIT and last - first < 2:
        last += 1
    if last - first >= 2 or kind_at(codes, token, n, kind) != LATIN:
        return 0
    if kind_at(codes, first - 1, n, kind) != LATIN or kind_at(codes, last + 1, n, kind) != LATIN:
        return 0
    for j in range(first, last + 1):
        if STAND_INS[codes[j] - 48] == 0:
            return 0
    return STAND_INS[codes[i] - 48]


@fast
def mark_becomes(codes, i, n, token, kind):
    """Say what a mark becomes: itself, a letter, a space, or 0 for nothing."""
    c = codes[i]
    before, after = kind_at(codes, i - 1, n, kind), kind_at(codes, i + 1, n, kind)
    if c == DOT or c == COMMA:
        if before == DIGIT and after == DIGIT:
            return c if c == DOT else 0
        return SPACE
    if c == BANG:
        return ord("i") if before == LATIN and after == LATIN else SPACE
    if c == DOLLAR and after == LATIN and (before == LATIN or i == token):
        return ord("s")
    if c == AT and before == LATIN and after == LATIN and i - token < 3:
        return ord("a")
    return c


@fast
def undisguise(codes, came, n, kind, out, origins):
    """Turn stand-ins into letters and leftover marks into spaces; says if a letter changed."""
    m, token = 0, 0
    digits_seen = 0
    changed = False
    for i in range(n):
        c = codes[i]
        k = kind_at(codes, i, n, kind)
        if k == -1 and c == SPACE:
            m = put_space(out, origins, m, came[i, 0])
            token = i + 1
            continue
        digits_seen = digits_seen + 1 if k == DIGIT else 0
        if k == DIGIT and digits_seen <= 2:
            letter = stands_in(codes, i, n, token, kind)
            if letter:
                c = letter
                changed = True
        elif c == DOT or c == COMMA or c == BANG or c == DOLLAR or c == AT:
            c = mark_becomes(codes, i, n, token, kind)
            if c == 0:
                changed = True
                continue
            if c == SPACE:
                inside = codes[i] == BANG and kind_at(codes, i - 1, n, kind) != -1
                changed = changed or (inside and kind_at(codes, i + 1, n, kind) != -1)
                m = put_space(out, origins, m, came[i, 0])
                token = i + 1
                continue
            changed = changed or c != codes[i]
        out[m] = c
        origins[m, 0] = came[i, 0]
        origins[m, 1] = came[i, 1]
        m += 1
    return trim(out, m), changed


@fast
def any_squeezes(codes, n):
    """Whether any code point stands three times in a row: most texts need no squeezing."""
    for i in range(2, n):
        if codes[i] == codes[i - 1] and codes[i] == codes[i - 2]:
            return True
    return False


@fast
def squeeze(codes, came, n, kind, out, origins):
    """Write a letter said three times or more once: guuun, すごおおおい."""
    m, i = 0, 0
    while i < n:
        j = i + 1
        while j < n and codes[j] == codes[i]:
            j += 1
        k = kind_at(codes, i, n, kind)
        copies = 1 if j - i >= 3 and (k == LATIN or k == KANA_OR_IDEOGRAPH) else j - i
        for c in range(copies):
            out[m] = codes[i]
            origins[m, 0] = came[i + c, 0]
            origins[m, 1] = came[j - 1, 1] if copies == 1 else came[i + c, 1]
            m += 1
        i = j
    return m


@fast
def any_spelled(codes, n, kind):
    """Whether two words of one code point may follow each other: most texts have none."""
    before_last = last = -1
    for i in range(n):
        k = kind_at(codes, i, n, kind)
        if (last == LATIN or last == KANA_OR_IDEOGRAPH) and (k == -1 or k == MARK):
            if before_last != last:
                at = over_gap(codes, i, n, kind, last)
                if at >= 0 and kind_at(codes, at + 1, n, kind) != last:
                    return True
        before_last, last = last, k
    return False


@fast
def next_alone(codes, i, n, kind):
    """Give where the next letter stands one gap behind ``i``, or -1, and if it stands alone.

    Letters of another script beside it part it as a gap would, those of a number do not.
    """
    k = kind_at(codes, i, n, kind)
    at = over_gap(codes, i + 1, n, kind, k)
    after = kind_at(codes, at + 1, n, kind)
    return at, after != k and after != DIGIT and after != OTHER


@fast
def spelled_to(raw, codes, came, i, n, kind, by_gap):
    """Follow letters that stand alone from ``i`` on: the last one, how many, if parted.

    Where marks part Japanese ones, the last may be the first of another word.
    """
    k, j, words, gap, parted = kind_at(codes, i, n, kind), i, 1, 0, False
    marked = kind_at(codes, i + 1, n, kind) == MARK or kind_at(codes, i + 2, n, kind) == PICTURE
    while True:
        following, alone = next_alone(codes, j, n, kind)
        if following < 0 or codes[j + 1] != codes[i + 1]:  # R&B A+B are no word
            break
        if not alone and not (marked and words > 1 and k == KANA_OR_IDEOGRAPH):
            break
        if by_gap:
            this = gap_between(raw, came, j, following)
            if this == -1 or (words > 1 and this != gap):
                parted = True
                break
            gap = this
        words, j = words + 1, following
        if not alone:
            break
    return j, words, parted


@fast
def join_spelled(raw, codes, came, n, kind, by_gap, out, origins):
    """Join runs of one-letter words: three or more Latin, two or more kana or ideographs.

    With ``by_gap``, a run ends where the way of parting changes, so that n-o-t s-o-l-d stays
    two words; also says whether one did.
    """
    m, i = 0, 0
    parted = False
    while i < n:
        k = kind_at(codes, i, n, kind)
        before, after = kind_at(codes, i - 1, n, kind), kind_at(codes, i + 1, n, kind)
        alone = before != k and before not in (DIGIT, OTHER, MARK) and after in (-1, MARK)
        if not alone or (k != LATIN and k != KANA_OR_IDEOGRAPH):
            out[m] = codes[i]
            origins[m, 0], origins[m, 1] = came[i, 0], came[i, 1]
            m += 1
            i += 1
            continue
        j, words, ended = spelled_to(raw, codes, came, i, n, kind, by_gap)
        parted = parted or ended
        joined = words >= (3 if k == LATIN else 2)
        for p in range(i, j + 1):
            if not joined or kind_at(codes, p, n, kind) == k:
                out[m] = codes[p]
                origins[m, 0], origins[m, 1] = came[p, 0], came[p, 1]
                m += 1
        i = j + 1
    return m, parted


@fast
def follow(keys, values, node, code):
    """Next node of the trie, or -1: open addressing over (node, code point)."""
    key = np.int64(node) << 21 | np.int64(code)
    mask = len(keys) - 1
    slot = (key * 0x9E3779B1) & mask
    while keys[slot] != -1:
        if keys[slot] == key:
            return values[slot]
        slot = (slot + 1) & mask
    return np.int32(-1)


@fast
def same_kana(raw, came, i, j):
    """Whether two folded kana were written in the same script: い and ナ part words."""
    a, b = raw[came[i, 0]], raw[came[j, 0]]
    return is_hiragana(a) == is_hiragana(b)


@fast
def may_begin(raw, codes, came, i, n, kind):
    """Whether a word may begin at ``i``: no letters of its own script before it."""
    first = kind_at(codes, i, n, kind)
    if first == LATIN or first == DIGIT:
        before = kind_at(codes, i - 1, n, kind)
        return before != LATIN and before != DIGIT
    alike = i > 0 and is_hiragana(codes[i]) and is_hiragana(codes[i - 1])
    return not (alike and same_kana(raw, came, i - 1, i))


@fast
def may_end(raw, codes, came, i, j, n, kind, particles):
    """Whether the word ``[i, j)`` may end there: no letters of its own script behind it."""
    first = kind_at(codes, i, n, kind)
    if first == LATIN or first == DIGIT:
        after = kind_at(codes, j, n, kind)
        return after != LATIN and after != DIGIT
    alike = j < n and is_hiragana(codes[i]) and is_hiragana(codes[j])
    if alike and same_kana(raw, came, j - 1, j):
        for p in particles:
            if codes[j] == p:
                return True
        return False
    return True


@fast
def read_as(raw, codes, came, n, kind, trie, out, origins):
    """Replace the longest variant at each place by its reading; says if any was.

    Where none was, nothing is written.
    """
    keys, values, opens, pairs, reading, starts, readings, particles = trie
    m, i = 0, 0
    changed = False
    while i < n:
        node, best, until, j = np.int32(0), np.int32(-1), i, i
        opening = codes[i] < LIMIT and opens[codes[i]]
        if opening and opens[codes[i]] != ALONE:
            opening = i + 1 < n and may_hold(pairs, codes[i], codes[i + 1])
        opening = opening and may_begin(raw, codes, came, i, n, kind)
        while opening and j < n:
            node = follow(keys, values, node, codes[j])
            if node < 0:
                break
            j += 1
            if reading[node] >= 0 and may_end(raw, codes, came, i, j, n, kind, particles):
                best, until = reading[node], j
        # A table whose readings build variants with what stands beside them could outgrow the
        # buffer, turn by turn: what no longer fits stays as it is.
        if best >= 0 and m + starts[best + 1] - starts[best] + 2 + n - until > len(out):
            best = np.int32(-1)
        if best < 0:
            if changed:
                out[m] = codes[i]
                origins[m, 0], origins[m, 1] = came[i, 0], came[i, 1]
            m += 1
            i += 1
            continue
        if not changed:
            for p in range(i):
                out[p] = codes[p]
                origins[p, 0], origins[p, 1] = came[p, 0], came[p, 1]
        changed = True
        m = put_space(out, origins, m, came[i, 0])
        for p in range(starts[best], starts[best + 1]):
            out[m] = readings[p]
            origins[m, 0] = came[i, 0]
            origins[m, 1] = came[until - 1, 1]
            m += 1
        i = until
        if i < n and codes[i] != SPACE:
            m = put_space(out, origins, m, came[i, 0])
    return m, changed


@fast
def rewrite(text, n, kind, trie, words, a, oa, b, ob, codes, origins, at):
    """Rewrite a folded text in ``a`` until nothing changes, and write it to ``codes[at:]``.

    A step that would change nothing is left out, as most are: copying costs more than looking.
    """
    for turn in range(MOST_PASSES):
        holds = look_at(a, n, kind, trie[2])
        unmasked = leet = stood_in = told_apart = False
        if holds & MASKS:
            n, unmasked = unmask(text, a, oa, n, kind, words, b, ob)
            a, b, oa, ob = b, a, ob, oa
        if holds & LEET:
            leet = unleet(a, n, kind, words[0])
        if leet or holds & INNER:
            n, stood_in = undisguise(a, oa, n, kind, b, ob)
            a, b, oa, ob = b, a, ob, oa
        if holds & SHAPES:
            n, told_apart = in_context(text, a, oa, n, kind)
        length = n
        if holds & ROWS or (
            (unmasked or leet or stood_in or told_apart) and any_squeezes(a, length)
        ):
            length = squeeze(a, oa, length, kind, b, ob)
            a, b, oa, ob = b, a, ob, oa
        if any_spelled(a, length, kind):
            squeezed = length
            length, parted = join_spelled(text, a, oa, length, kind, turn == 0, b, ob)
            a, b, oa, ob = b, a, ob, oa
            if parted:
                length, _ = join_spelled(text, a, oa, length, kind, False, b, ob)
                a, b, oa, ob = b, a, ob, oa
            if length < squeezed and any_squeezes(a, length):
                length = squeeze(a, oa, length, kind, b, ob)
                a, b, oa, ob = b, a, ob, oa
        stable = length == n and not (unmasked or leet or stood_in or told_apart)
        mended_to, mended = mend(text, a, oa, length, kind, words, b, ob)
        if mended:
            length, stable = mended_to, False
            a, b, oa, ob = b, a, ob, oa
        n, read = length, False
        if holds & READINGS or not stable:
            n, read = read_as(text, a, oa, length, kind, trie, b, ob)
        if read:
            a, b, oa, ob = b, a, ob, oa
        elif stable:
            break
    for p in range(n):
        codes[at + p] = a[p]
        origins[at + p, 0], origins[at + p, 1] = oa[p, 0], oa[p, 1]
    return n


@counting
def canonicalise_batch(raw, bounds, table, voiced, trie, words, longest):
    """Canonicalise every text of a batch.

    ``raw`` holds all code points, text ``i`` at ``bounds[i]:bounds[i + 1]``; ``longest`` bounds
    how many code points a reading puts in the place of one. Returns code points, origins and
    bounds of the canonical texts.
    """
    start, length, folded, kind = table
    widest = 0
    for i in range(len(bounds) - 1):
        size = 0
        for j in range(bounds[i], bounds[i + 1]):
            size += length[raw[j]] + 2 if raw[j] < LIMIT else 0
        widest = max(widest, size * longest + 16)
    a, oa = np.empty(widest, np.uint32), np.empty((widest, 2), np.int32)
    b, ob = np.empty(widest, np.uint32), np.empty((widest, 2), np.int32)
    room = len(raw) + len(raw) // 8 + widest  # few texts grow, by the spaces around readings
    codes, origins = np.empty(room, np.uint32), np.empty((room, 2), np.int32)
    starts = np.zeros(len(bounds), np.int64)
    at = 0
    for i in range(len(bounds) - 1):
        if at + widest > room:
            room = 2 * (at + widest)
            larger, larger_origins = np.empty(room, np.uint32), np.empty((room, 2), np.int32)
            larger[:at], larger_origins[:at] = codes[:at], origins[:at]
            codes, origins = larger, larger_origins
        text = raw[bounds[i] : bounds[i + 1]]
        n = fold(text, start, length, folded, kind, voiced, a, oa)
        at += rewrite(text, n, kind, trie, words, a, oa, b, ob, codes, origins, at)
        starts[i + 1] = at
    return codes[:at], origins[:at], starts


@counting
def encode_utf8(codes, starts):
    """Encode the canonical texts as UTF-8; returns bytes and the bounds of the texts."""
    out = np.empty(4 * len(codes) + 1, np.uint8)
    bounds = np.zeros(len(starts), np.int64)
    m = 0
    for i in range(len(starts) - 1):
        for j in range(starts[i], starts[i + 1]):
            c = codes[j]
            if c < 0x80:
                out[m] = c
                m += 1
                continue
            if c < 0x800:
                out[m] = 0xC0 | (c >> 6)
                m += 1
            else:
                if c < 0x10000:
                    out[m] = 0xE0 | (c >> 12)
                    m += 1
                else:
                    out[m] = 0xF0 | (c >> 18)
                    out[m + 1] = 0x80 | ((c >> 12) & 0x3F)
                    m += 2
                out[m] = 0x80 | ((c >> 6) & 0x3F)
                m += 1
            out[m] = 0x80 | (c & 0x3F)
            m += 1
        bounds[i + 1] = m
    return out[:m], bounds
