"""An hour of many markets at once: the detector's rule again, compiled."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

Floats = np.ndarray[Any, np.dtype[np.float64]]


@njit(cache=True, nogil=True)
def aliases(pmf):
    """Make Walker's tables of each row, to draw from it in constant time."""
    streams, k = pmf.shape
    keep = np.ones((streams, k))
    other = np.zeros((streams, k), np.int64)
    for s in range(streams):
        left = pmf[s] / pmf[s].sum() * k
        small = [i for i in range(k) if left[i] < 1]
        large = [i for i in range(k) if left[i] >= 1]
        while small and large:
            low, high = small.pop(), large[-1]
            keep[s, low], other[s, low] = left[low], high
            left[high] -= 1 - left[low]
            if left[high] < 1:
                large.pop()
                small.append(high)
    return keep, other


@njit(cache=True, nogil=True)
def hour(evidence, weights, begun, ratio, floor, keep, other, batches, least, seed, told):
    """Take an hour's batches of one market.

    ``evidence`` (streams, bets) is changed; ``begun`` is 1 where a bet is made, ``ratio`` and
    ``floor`` are what each hit multiplies it by, and what a batch without any does. ``told``
    counts alarms by stream.
    """
    streams, bets = evidence.shape
    k = keep.shape[1]
    gains = np.empty((streams, k, bets))
    for s in range(streams):
        gains[s, 0] = floor[s]
        for x in range(1, k):
            for b in range(bets):
                gains[s, x, b] = gains[s, x - 1, b] * ratio[s, b]
    state, limit, alarms = np.uint64(seed), least * bets, 0
    for _ in range(batches):
        total = 0.0
        for s in range(streams):
            state += np.uint64(0x9E3779B97F4A7C15)
            z = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            z ^= z >> np.uint64(31)
            at = np.int64(((z >> np.uint64(32)) * np.uint64(k)) >> np.uint64(32))
            if (z & np.uint64(0xFFFFFFFF)) / 4294967296.0 >= keep[s, at]:
                at = other[s, at]
            of_stream = 0.0
            for b in range(bets):
                evidence[s, b] = (evidence[s, b] + begun[s, b]) * gains[s, at, b]
                of_stream += evidence[s, b]
            total += weights[s] * of_stream
        if total >= limit:
            alarms += 1
            for s in range(streams):
                if evidence[s].sum() >= least * bets:
                    evidence[s] = 0.0
                    told[s] += 1
    return alarms
