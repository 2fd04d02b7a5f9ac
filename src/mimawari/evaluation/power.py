"""How many reviews the sequential tests take where a candidate is better."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import log_expit
from scipy.stats import nbinom

from mimawari.evaluation.blocks import PRIOR
from mimawari.evaluation.mixture import log_total

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

RUNS = 1000
LONGEST = 4000  # discordant pairs, or rounds of a back-test


@dataclass(frozen=True, slots=True)
class Power:
    """Chance of a promotion by a number of reviews: rising columns of equal length."""

    reviews: Floats
    chance: Floats

    def reviews_for(self, chance: float) -> float:
        """Give the fewest reviews for a chance; infinite where it is never reached."""
        at = np.flatnonzero(self.chance >= chance)
        return float(self.reviews[at[0]]) if len(at) else math.inf

    def curve(self, points: int = 60) -> tuple[tuple[float, float], ...]:
        """Thin out to what a picture needs, up to a chance of .99."""
        end = int(np.searchsorted(self.chance, 0.99)) + 1
        at = np.unique(np.linspace(0, min(end, len(self.chance)) - 1, points).astype(int))
        return tuple(zip(self.reviews[at].tolist(), self.chance[at].tolist(), strict=True))


def stopping_distribution(
    q: float, log_threshold: float, grid: Sequence[float], longest: int = LONGEST
) -> Floats:
    """Give the chance to promote exactly at the n-th discordant pair; shape (longest,).

    By dynamic programming over the number of wins, where a win has chance q: the evidence
    depends on the counts only.

    Examples
    --------
    >>> distribution = stopping_distribution(0.5, np.log(20), (0.3, 0.5, 0.75, 1.1, 1.6), 400)
    >>> bool(distribution.sum() < 0.05)
    True
    """
    win, loss = (np.log(2) + log_expit(sign * np.asarray(grid, np.float64)) for sign in (1, -1))
    left, stopped = np.array([1.0]), np.zeros(longest)
    for n in range(1, longest + 1):
        left = q * np.append(0.0, left) + (1 - q) * np.append(left, 0.0)
        wins = np.arange(n + 1)
        log_e = log_total(np.outer(win, wins) + np.outer(loss, n - wins)) - np.log(len(win))
        over = log_e >= log_threshold
        stopped[n - 1] = left[over].sum()
        left[over] = 0.0
        if left.sum() < 1e-4:
            break
    return stopped


def pair_power(p_a: float, p_b: float, log_threshold: float, grid: Sequence[float]) -> Power:
    """Give the power of pairs, two reviews each, exactly.

    The n-th discordant pair comes after a negative binomial number of pairs.

    Examples
    --------
    >>> power = pair_power(0.144, 0.244, np.log(20), (0.3, 0.5, 0.75, 1.1, 1.6))
    >>> 320 < power.reviews_for(0.5) < 400
    True
    """
    rho = p_a * (1 - p_b) + p_b * (1 - p_a)
    q = p_b * (1 - p_a) / rho
    stopped = stopping_distribution(q, log_threshold, grid, LONGEST // 4)
    needed = np.flatnonzero(stopped) + 1
    last = nbinom.ppf(0.99, needed[-1], rho) + needed[-1] if len(needed) else 1
    pairs = np.unique(np.geomspace(1, last, 400).astype(int))
    chance = nbinom.cdf(pairs[:, None] - needed, needed, rho) @ stopped[needed - 1]
    return Power(2.0 * pairs, chance)


def reuse_power(
    p_a: float,
    p_b: float,
    differing: float,
    window_days: int,
    log_threshold: float,
    grid: Sequence[float],
    fraction: float = 0.1,
) -> Power:
    """Give the power of a back-test that reuses labels, by seeded runs of the test itself.

    Blocks follow `reuse_schedule`; each run starts from what 5 days before the window tell.

    Examples
    --------
    >>> power = reuse_power(0.144, 0.244, 60, 28, np.log(20), (0.3, 0.5, 0.75, 1.1, 1.6))
    >>> 90 < power.reviews_for(0.5) < 150
    True
    """
    random = np.random.default_rng(0)
    ratios = np.exp(np.asarray(grid, np.float64))[:, None]
    before = round(5 * differing)
    first = random.binomial(before, p_a, RUNS)
    hits, misses = PRIOR[0] + first, PRIOR[1] + before - first
    logs = np.full((len(ratios), RUNS), -np.log(len(ratios)))
    stopped: list[float] = []
    open_ = np.ones(RUNS, np.bool_)
    for r in _blocks(differing, window_days, fraction):
        a, y = random.binomial(r, p_a, RUNS), random.random(RUNS) < p_b
        odds = hits / misses
        t_a, t_b = odds / (1 + odds), odds * ratios / (1 + odds * ratios)
        p = (r * t_a + t_b) / (r + 1)
        logs += a * np.log(t_a / p) + (r - a) * np.log((1 - t_a) / (1 - p))
        logs += np.where(y, np.log(t_b / p), np.log((1 - t_b) / (1 - p)))
        hits, misses = hits + a, misses + r - a
        open_ &= log_total(logs) < log_threshold
        stopped.append(1 - float(open_.mean()))
        if not open_.any():
            break
    chance = np.array(stopped or [0.0])
    return Power(np.arange(1.0, len(chance) + 1), chance)


def _blocks(differing: float, window_days: int, fraction: float) -> list[int]:
    """Give the known labels of each block: so many rounds of all days as labels last."""
    left = max(1, round(differing))
    sizes: list[int] = []
    while left and len(sizes) < LONGEST:
        take = max(1, int(fraction * left))
        sizes += [take] * window_days
        left -= take
    return sizes
