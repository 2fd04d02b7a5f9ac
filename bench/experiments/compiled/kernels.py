"""The library's folds over many runs at once: compiled, and equal to it step by step.

``tests/bench/test_compiled.py`` holds `trace_pairs` and `trace_blocks`, which use the same
steps as the loops over runs, against the library's classes on random runs. Weights are kept
plainly, not as logarithms: a component that underflows has lost a factor of 10^300.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit


@njit(cache=True)
def pair_step(weights, up, down, y_a, y_b):
    """Bet on one pair; a concordant pair changes nothing."""
    if y_a != y_b:
        bets = up if y_b > y_a else down
        for g in range(len(weights)):
            weights[g] *= bets[g]


@njit(cache=True)
def block_step(weights, odds, a, r, y, s_a, s_f):
    """Bet on r champion labels with a hits and one candidate label, rate s_a / (s_a + s_f)."""
    t_a = s_a / (s_a + s_f)
    for g in range(len(weights)):
        lifted = t_a * odds[g]
        t_b = lifted / (lifted + 1 - t_a)
        p0 = (r * t_a + t_b) / (r + 1)
        factor = (t_a / p0) ** a * ((1 - t_a) / (1 - p0)) ** (r - a)
        weights[g] *= factor * (t_b / p0 if y else (1 - t_b) / (1 - p0))


@njit(cache=True)
def futility_step(capital, bets, d_min, dd):
    """Bet that the difference is below the least that is of use."""
    for j in range(len(capital)):
        capital[j] *= 1 + bets[j] * (d_min - dd) / (1 - d_min)


@njit(cache=True)
def trace_pairs(y_a, y_b, grid, bets, d_min):
    """Give log E and log F after every pair of one run."""
    q = 1 / (1 + np.exp(-grid))
    weights, capital = np.full(len(grid), 1 / len(grid)), np.full(len(bets), 1 / len(bets))
    out = np.empty((2, len(y_a)))
    for i in range(len(y_a)):
        pair_step(weights, 2 * q, 2 * (1 - q), y_a[i], y_b[i])
        futility_step(capital, bets, d_min, y_b[i] - y_a[i])
        out[0, i], out[1, i] = math.log(weights.sum()), math.log(capital.sum())
    return out


@njit(cache=True)
def trace_blocks(a, r, y, grid, bets, prior_hits, prior_misses, d_min):
    """Give log E and log F after every block of one run."""
    weights, capital = np.full(len(grid), 1 / len(grid)), np.full(len(bets), 1 / len(bets))
    out = np.empty((2, len(a)))
    s_a, s_f = prior_hits, prior_misses
    for i in range(len(a)):
        block_step(weights, np.exp(grid), a[i], r[i], y[i], s_a, s_f)
        futility_step(capital, bets, d_min, y[i] - a[i] / r[i])
        s_a += a[i]
        s_f += r[i] - a[i]
        out[0, i], out[1, i] = math.log(weights.sum()), math.log(capital.sum())
    return out
