"""Loops over runs: a run's days in their order, then the fold."""

from __future__ import annotations

import numpy as np
from numba import njit

from bench.experiments.compiled.folds import NEVER, fold_blocks, fold_pairs
from bench.experiments.compiled.orders import SAFE, SPREAD, online, reuse, spread

FRACTION = 0.1


@njit(cache=True)
def run_pairs(pool, drawn_as, test, slow, random):
    left, right, differing, capacity = pool
    drawn, swap, order, first = drawn_as
    runs, days = drawn.shape
    room = days * left.shape[1]
    day, y_a, y_b = (np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.int64))
    out = np.zeros((4, runs), np.int64)
    for run in range(runs):
        n, begun = 0, 0
        promote, reject = NEVER, NEVER
        while begun < days and promote == NEVER and reject == NEVER:
            # Days are drawn as they are needed, twice as many each time, where that can be.
            whole = order == SPREAD or slow[0] > 0
            end = days if whole else min(days, max(first, 2 * begun))
            if order == SPREAD:
                n = spread(
                    left, right, differing, drawn[run], swap[run], room, random, day, y_a, y_b
                )
            else:
                n = online(
                    left, right, differing, drawn[run], swap[run], order, capacity, random,
                    day, y_a, y_b, n, (begun, end),
                )  # fmt: skip
            if slow[0] > 0:
                n = _delayed(day, y_a, y_b, n, days, slow, random)
            promote, reject = fold_pairs(day, y_a, y_b, n, *test)
            begun = end
        _note(out, run, promote, reject, day, order == SPREAD)
    return out[0], out[1], out[2], out[3]


@njit(cache=True)
def run_blocks(pool, drawn_as, test, random):
    left, right, differing = pool
    drawn, swap, window, most = drawn_as
    runs, room = len(drawn), window * left.shape[1]
    known = np.empty((window, left.shape[1]), np.int64)
    asked = np.empty((window, left.shape[1]), np.int64)
    day, a = np.empty(room, np.int64), np.empty(room, np.int64)
    r, y = np.empty(room, np.int64), np.empty(room, np.int64)
    out = np.zeros((4, runs), np.int64)
    for run in range(runs):
        hits, items = 0, 0
        for t in range(window, drawn.shape[1]):
            d = drawn[run, t]
            old = right[d] if swap[run, t] else left[d]
            hits += old[: differing[d]].sum()
            items += differing[d]
        n = reuse(
            left, right, differing, drawn[run, :window], swap[run, :window], FRACTION, most,
            random, known, asked, day, a, r, y,
        )  # fmt: skip
        prior = (0.5 + hits, 2.0 + items - hits)
        promote, reject = fold_blocks(day, a, r, y, n, prior, *test)
        _note(out, run, promote, reject, day, True)
    return out[0], out[1], out[2], out[3]


@njit(cache=True)
def _note(out, run, promote, reject, day, window):
    """Keep counts (from 1) of steps and days; in a window all days are there at once."""
    if promote != NEVER:
        out[0, run], out[2, run] = promote + 1, 0 if window else day[promote] + 1
    if reject != NEVER:
        out[1, run], out[3, run] = reject + 1, 0 if window else day[reject] + 1


@njit(cache=True)
def _delayed(day, y_a, y_b, n, days, slow, random):
    """Order by completion, or cut where a label of the head of the line is not there in time."""
    median, log_sd, factor, completion = slow
    done = np.empty(n)
    for i in range(n):
        # Pairs of a day are dealt through the day.
        a = median * np.exp(log_sd * random.standard_normal())
        b = median * np.exp(log_sd * random.standard_normal())
        done[i] = day[i] + random.random() + max(a, b if y_b[i] else b * factor)
    if not completion:
        for i in range(n):
            if done[i] > days:
                return i
        return n
    order = np.argsort(done)
    kept = int((done <= days).sum())
    day[:n], y_a[:n], y_b[:n] = day[:n][order], y_a[:n][order], y_b[:n][order]
    return kept


@njit(cache=True)
def run_caught(left, right, differing, drawn, swap, capacity, random):
    """Give violations found a run in the pairs of the safe design, and on the champion's side."""
    runs, days = drawn.shape
    room = days * left.shape[1]
    day, y_a, y_b = (np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.int64))
    out = np.zeros((3, runs))
    for run in range(runs):
        n = online(
            left, right, differing, drawn[run], swap[run], SAFE, capacity, random,
            day, y_a, y_b, 0, (0, days),
        )  # fmt: skip
        out[0, run] = y_a[:n].sum() + y_b[:n].sum()
        out[2, run] = 2 * n - differing[drawn[run]].sum()
        for t in range(days):
            d = drawn[run, t]
            side = right[d] if swap[run, t] else left[d]
            out[1, run] += side[: differing[d]].sum()
    return out
