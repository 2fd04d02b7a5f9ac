"""Thousands of simulated trials: days drawn from a pool, ordered, folded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from bench.experiments.folds import NEVER, fold_blocks, fold_pairs
from bench.experiments.orders import FAST, RANK, SAFE, SPREAD, online, reuse, spread
from mimawari.simulation.delays import Delays
from mimawari.simulation.pool import Pool

ORDERS = {"safe": SAFE, "fast": FAST, "fresh": SPREAD, "rank order": RANK}
PRIOR_DAYS, FRACTION, WINDOW = 5, 0.1, 28
AT_ONCE = Delays(median=0.0, spread=0.0)


@dataclass(frozen=True)
class Test:
    """How a trial is decided: the names are those of the library's Rule."""

    grid: np.ndarray
    smallest_gain: float = 0.03
    alpha: float = 0.05
    beta: float = 0.10
    minimum_days: int = 1
    phi_limit: float = 0.0  # 0: no dispersion guard
    only_promote: bool = False

    def numbers(self, pool: Pool) -> tuple:
        """Give what the folds take; the gain is brought from the K to the differing items."""
        d_min = self.smallest_gain * pool.capacity / float(pool.differing.mean())
        limits = (1 / self.alpha, 1 / self.beta, self.minimum_days, self.phi_limit)
        return (self.grid, d_min, *limits, self.only_promote)


@dataclass(frozen=True)
class Outcomes:
    """What became of each run: steps until promotion and until futility, 0 where never.

    `promote_day`, `reject_day`: how many days had begun by then; `reviews_a_step`: 2 for
    pairs, 1 where the champion's labels are known.
    """

    promote: np.ndarray
    reject: np.ndarray
    promote_day: np.ndarray
    reject_day: np.ndarray
    reviews_a_step: int

    @property
    def promoted(self) -> np.ndarray:
        """Runs whose evidence came before their futility, or without it."""
        return (self.promote > 0) & ((self.reject == 0) | (self.promote <= self.reject))

    @property
    def rejected(self) -> np.ndarray:
        return (self.reject > 0) & ~self.promoted

    @property
    def ever(self) -> float:
        """Share of runs with enough evidence at any look, futility not heeded."""
        return float((self.promote > 0).mean())


def pairs(
    pool: Pool,
    test: Test,
    runs: int,
    days: int,
    seed: int,
    order: str = "safe",
    null: bool = False,
    delays: Delays = AT_ONCE,
    completion: bool = False,
) -> Outcomes:
    """Run experiments (or fresh-pair back-tests); the null swaps the models by a coin a day.

    With delays, only labels that came before the end count, and steps fold in order of
    assignment; ``completion`` folds them as they complete, which is wrong, and shows it.
    """
    random = np.random.default_rng(seed)
    drawn = pool.sample(runs, days, random)
    swap = random.random(drawn.shape) < (0.5 if null else 0.0)
    slow = (delays.median, delays.spread, delays.slow_candidate_negatives, completion)
    found = _pairs(
        (pool.champion, pool.candidate, pool.differing, pool.capacity),
        (drawn, swap, ORDERS[order]), test.numbers(pool), slow, random,
    )  # fmt: skip
    return Outcomes(*found, reviews_a_step=2)


def blocks(
    pool: Pool,
    test: Test,
    runs: int,
    seed: int,
    window: int = WINDOW,
    null: bool = False,
    most: int = 10**9,
) -> Outcomes:
    """Run label-reuse back-tests; the five days before the window give the first rate."""
    random = np.random.default_rng(seed)
    drawn = pool.sample(runs, window + PRIOR_DAYS, random)
    swap = random.random(drawn.shape) < (0.5 if null else 0.0)
    found = _blocks(
        (pool.champion, pool.candidate, pool.differing), (drawn, swap, window, most),
        test.numbers(pool), random,
    )  # fmt: skip
    return Outcomes(*found, reviews_a_step=1)


@njit(cache=True)
def _pairs(pool, drawn_as, test, slow, random):
    left, right, differing, capacity = pool
    drawn, swap, order = drawn_as
    runs, days = drawn.shape
    room = days * left.shape[1]
    day, y_a, y_b = (np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.int64))
    out = np.zeros((4, runs), np.int64)
    for run in range(runs):
        if order == SPREAD:
            n = spread(left, right, differing, drawn[run], swap[run], room, random, day, y_a, y_b)
        else:
            n = online(
                left, right, differing, drawn[run], swap[run], order, capacity, random,
                day, y_a, y_b,
            )  # fmt: skip
        if slow[0] > 0:
            n = _delayed(day, y_a, y_b, n, days, slow, random)
        promote, reject = fold_pairs(day, y_a, y_b, n, *test)
        _note(out, run, promote, reject, day, order == SPREAD)
    return out[0], out[1], out[2], out[3]


@njit(cache=True)
def _blocks(pool, drawn_as, test, random):
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
