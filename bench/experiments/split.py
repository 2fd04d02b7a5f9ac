"""The baseline: half the traffic to each model, K/2 reviews each, one z-test at the end."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

from mimawari.simulation.pool import Pool

CRITICAL = norm.ppf(0.95)  # one-sided, as every test here


def significant(pool: Pool, runs: int, days: int, seed: int, null: bool = False) -> np.ndarray:
    """Say of each run and day whether a z-test of all until then would be significant."""
    random = np.random.default_rng(seed)
    drawn = pool.sample(runs, days, random)
    swap = random.random(drawn.shape) < (0.5 if null else 0.0)
    hits = [
        np.where(swap, pool.split_hits[drawn, 1 - i], pool.split_hits[drawn, i]) for i in (0, 1)
    ]
    n = np.arange(1, days + 1) * (pool.capacity // 2)
    a, b = (np.cumsum(side, axis=1) / n for side in hits)
    pooled = (a + b) / 2
    error = np.sqrt(2 * pooled * (1 - pooled) / n)
    return (b - a) > CRITICAL * error


def planned_days(pool: Pool, runs: int, seed: int, longest: int = 80) -> tuple[int, np.ndarray]:
    """Give the fewest days with 80 % power (found by simulation) and the power by days."""
    power = significant(pool, runs, longest, seed).mean(axis=0)
    reached = np.flatnonzero(power >= 0.8)
    if not len(reached):
        raise ValueError(f"no 80 % power within {longest} days")
    return int(reached[0]) + 1, power
