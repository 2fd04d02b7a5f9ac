"""The compiled loop that puts marks back; one pass, linear."""

from __future__ import annotations

import numpy as np

from mimawari.compiled import counting, fast

SPACE = np.uint32(0x20)
MOST_ALIKE = 3  # of a row of the same mark: !!!!!! is !!!
DASH, QUOTE, DOUBLE_QUOTE = (np.uint32(ord(c)) for c in "-'\"")


@fast
def as_mark(c):
    """Say what a code point between words becomes: a mark, a space, or 0 for nothing."""
    if c <= 0x20 or c == 0xA0 or c == 0x3000 or 0x2000 <= c <= 0x200A:
        return SPACE
    if 0xFF01 <= c <= 0xFF5E:
        c = np.uint32(c - 0xFEE0)
    if c < 0x7F:
        letter = 0x30 <= c <= 0x39 or 0x41 <= c <= 0x5A or 0x61 <= c <= 0x7A
        return np.uint32(0) if letter else np.uint32(c)
    if 0x2010 <= c <= 0x2015 or c == 0x2212:
        return DASH
    if 0x2018 <= c <= 0x201B:
        return QUOTE
    if 0x201C <= c <= 0x201F:
        return DOUBLE_QUOTE
    # Latin, general and Japanese punctuation; no letters, no invisible characters.
    if 0xA1 <= c <= 0xBF or 0x2020 <= c <= 0x2027 or 0x2030 <= c <= 0x205E:
        return np.uint32(c)
    if 0x3001 <= c <= 0x301F or c == 0x30FB:
        return np.uint32(c)
    return np.uint32(0)


@fast
def put_gap(raw, start, end, out, first, m):
    """Write the marks of ``raw[start:end]``; the text began at ``first``, ``m`` is its end."""
    for p in range(start, end):
        mark = as_mark(raw[p])
        if mark == 0 or (mark == SPACE and (m == first or out[m - 1] == SPACE)):
            continue
        alike = 0
        while alike < MOST_ALIKE and m - alike > first and out[m - 1 - alike] == mark:
            alike += 1
        if alike < MOST_ALIKE:
            out[m] = mark
            m += 1
    return m


@counting
def mark_batch(codes, starts, origins, raw, bounds):
    """Put marks back into every text of a batch: codes, starts and places."""
    n = len(starts) - 1
    out = np.empty(len(codes) + len(raw) + n + 1, np.uint32)
    places = np.empty(len(codes), np.int32)
    marked = np.zeros(n + 1, np.int64)
    m = 0
    for i in range(n):
        first, behind = m, bounds[i]
        parted = True
        for j in range(starts[i], starts[i + 1]):
            if codes[j] == SPACE:
                places[j] = m - first
                parted = True
                continue
            if parted:
                before = m
                m = put_gap(raw, behind, bounds[i] + origins[j, 0], out, first, m)
                if m == before and m > first and out[m - 1] != SPACE:
                    out[m] = SPACE  # parted by a reading, not by the seller
                    m += 1
                parted = False
            places[j] = m - first
            out[m] = codes[j]
            m += 1
            behind = max(behind, bounds[i] + origins[j, 1])
        m = put_gap(raw, behind, bounds[i + 1], out, first, m)
        while m > first and out[m - 1] == SPACE:
            m -= 1
        marked[i + 1] = m
    return out[:m].copy(), marked, places
