"""In which order a run's items are sent to moderators, compiled."""

from __future__ import annotations

import numpy as np
from numba import njit

SAFE, FAST, SPREAD, RANK = range(4)


@njit(cache=True)
def shuffle_first(items, wanted, n, random):
    """Bring a random choice of the first n to the front, in random order."""
    for i in range(wanted):
        j = i + int(random.random() * (n - i))
        items[i], items[j] = items[j], items[i]


@njit(cache=True)
def quota(order, m, capacity, random):
    """Give the pairs of a day: half of them, or as many as the capacity holds."""
    if order == FAST:
        return min(m, capacity // 2)
    half = m // 2
    return half + (m % 2 == 1 and random.random() < 0.5)


@njit(cache=True)
def online(left, right, differing, days, swap, order, capacity, random, day, y_a, y_b, n, span):
    """Add to day, y_a, y_b the pairs of a span of days of an experiment; give how many there are.

    n is how many were there before, span the first day and the one after the last.
    """
    ranks = np.empty(left.shape[1], np.int64)
    for t in range(span[0], span[1]):
        d, m = days[t], differing[days[t]]
        ranks[:m] = np.arange(m)
        wanted = quota(order, m, capacity, random)
        shuffle_first(ranks, wanted, m, random)
        chosen = np.sort(ranks[:wanted]) if order == RANK else ranks[:wanted]
        for j in chosen:
            a, b = left[d, j], right[d, j]
            day[n], y_a[n], y_b[n] = t, b if swap[t] else a, a if swap[t] else b
            n += 1
    return n


@njit(cache=True)
def spread(left, right, differing, days, swap, most, random, day, y_a, y_b):
    """Fill with the pairs of a window: one of each day a round, the days in random order."""
    n, rounds = 0, 0
    ranks = np.empty((len(days), left.shape[1]), np.int64)
    turn = np.arange(len(days))
    for t in range(len(days)):
        m = differing[days[t]]
        ranks[t, :m] = np.arange(m)
        shuffle_first(ranks[t], m, m, random)
        rounds = max(rounds, m)
    for k in range(rounds):
        shuffle_first(turn, len(turn), len(turn), random)
        for t in turn:
            if k < differing[days[t]] and n < most:
                a, b = left[days[t], ranks[t, k]], right[days[t], ranks[t, k]]
                day[n], y_a[n], y_b[n] = t, b if swap[t] else a, a if swap[t] else b
                n += 1
    return n


@njit(cache=True)
def reuse(left, right, differing, days, swap, fraction, most, random, known, asked, day, a, r, y):
    """Fill with blocks: a shrinking share of a day's known labels and one candidate item.

    known and asked are work space, shape (days, width).
    """
    left_of = np.empty(len(days), np.int64)
    turn = np.arange(len(days))
    for t in range(len(days)):
        d, m = days[t], differing[days[t]]
        old, new = (right[d], left[d]) if swap[t] else (left[d], right[d])
        known[t, :m], asked[t, :m] = old[:m], new[:m]
        shuffle_first(known[t], m, m, random)
        shuffle_first(asked[t], m, m, random)
        left_of[t] = m
    n, k, more = 0, 0, True
    while more:
        more = False
        shuffle_first(turn, len(turn), len(turn), random)
        for t in turn:
            if left_of[t] == 0 or n >= most:
                continue
            m = differing[days[t]]
            size = max(1, int(fraction * left_of[t]))
            start = m - left_of[t]
            day[n], a[n], r[n], y[n] = t, known[t, start : start + size].sum(), size, asked[t, k]
            left_of[t] -= size
            n += 1
            more = True
        k += 1
    return n
