"""When a run of steps is decided: the library's rule, compiled for many runs."""

from __future__ import annotations

import numpy as np
from numba import njit

from bench.experiments.compiled.kernels import block_step, futility_step, pair_step

NEVER = -1


@njit(cache=True)
def dispersion(sums, squares, counts, enough_days):
    """Give the library's phi from sums, sums of squares and counts by day."""
    steps, days = counts.sum(), (counts > 0).sum()
    if days < enough_days:
        return 1.0
    mean = sums.sum() / steps
    variance = squares.sum() / steps - mean * mean
    if variance <= 0:
        return 1.0
    off = 0.0
    for d in range(len(counts)):
        if counts[d] > 0:
            off += (sums[d] - counts[d] * mean) ** 2 / (counts[d] * variance)
    return off / (days - 1)


@njit(cache=True)
def total(values):
    """Add up few values."""
    added = 0.0
    for value in values:
        added += value
    return added


@njit(cache=True)
def enough(evidence, need, least_days, phi_limit, phi_days, seen, sums, squares, counts):
    """Say whether the evidence promotes: over 1/alpha, on enough days, dispersion allowed for."""
    if evidence < need or seen < least_days:
        return False
    if phi_limit <= 0:
        return True
    phi = dispersion(sums, squares, counts, phi_days)
    return phi <= phi_limit or np.log(evidence) >= phi * np.log(need)


@njit(cache=True)
def fold_pairs(
    day, y_a, y_b, n, grid, bets, d_min, need, drop, least_days, phi_limit, phi_days, only_promote
):
    """Give the step that promotes and the one that shows futility, or NEVER; the first ends it."""
    q = 1 / (1 + np.exp(-grid))
    up, down = 2 * q, 2 * (1 - q)
    weights, capital = np.full(len(grid), 1 / len(grid)), np.full(len(bets), 1 / len(bets))
    width = day[:n].max() + 1 if n else 0
    sums, squares, counts = np.zeros(width), np.zeros(width), np.zeros(width)
    seen, promote, reject, evidence = 0, NEVER, NEVER, 1.0
    for i in range(n):
        d, dd = day[i], y_b[i] - y_a[i]
        seen += counts[d] == 0
        counts[d] += 1
        sums[d] += dd
        squares[d] += dd * dd
        if dd != 0:
            pair_step(weights, up, down, y_a[i], y_b[i])
            evidence = total(weights)
        if enough(evidence, need, least_days, phi_limit, phi_days, seen, sums, squares, counts):
            promote = i
        if not only_promote:
            futility_step(capital, bets, d_min, dd)
            if total(capital) >= drop:
                reject = i
        if promote != NEVER or reject != NEVER:
            break
    return promote, reject


@njit(cache=True)
def fold_blocks(
    day,
    a,
    r,
    y,
    n,
    prior,
    grid,
    bets,
    d_min,
    need,
    drop,
    least_days,
    phi_limit,
    phi_days,
    only_promote,
):
    """Do the same for blocks of known champion labels and one candidate label."""
    odds = np.exp(grid)
    weights, capital = np.full(len(grid), 1 / len(grid)), np.full(len(bets), 1 / len(bets))
    width = day[:n].max() + 1 if n else 0
    sums, squares, counts = np.zeros(width), np.zeros(width), np.zeros(width)
    s_a, s_f = prior
    seen, promote, reject = 0, NEVER, NEVER
    for i in range(n):
        d, dd = day[i], y[i] - a[i] / r[i]
        seen += counts[d] == 0
        counts[d] += 1
        sums[d] += dd
        squares[d] += dd * dd
        block_step(weights, odds, a[i], r[i], y[i], s_a, s_f)
        s_a += a[i]
        s_f += r[i] - a[i]
        if enough(
            total(weights), need, least_days, phi_limit, phi_days, seen, sums, squares, counts
        ):
            promote = i
        if not only_promote:
            futility_step(capital, bets, d_min, dd)
            if total(capital) >= drop:
                reject = i
        if promote != NEVER or reject != NEVER:
            break
    return promote, reject
