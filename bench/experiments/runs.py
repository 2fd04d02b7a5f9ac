"""Thousands of simulated trials: days drawn from a pool, ordered, folded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.experiments.compiled.loops import run_blocks, run_pairs
from bench.experiments.compiled.orders import FAST, RANK, SAFE, SPREAD
from mimawari.evaluation.dispersion import LEAST_DAYS
from mimawari.evaluation.futility import BETS
from mimawari.simulation.delays import Delays
from mimawari.simulation.pool import Pool

ORDERS = {"safe": SAFE, "fast": FAST, "fresh": SPREAD, "rank order": RANK, "as completed": SAFE}
PRIOR_DAYS, WINDOW = 5, 28
FIRST = 16  # days drawn at once where most runs end early
AT_ONCE = Delays(median=0.0, spread=0.0)


@dataclass(frozen=True)
class Limits:
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
        limits = (1 / self.alpha, 1 / self.beta, self.minimum_days, self.phi_limit, LEAST_DAYS)
        return (self.grid, np.array(BETS), d_min, *limits, self.only_promote)


@dataclass(frozen=True)
class Outcomes:
    """What became of each run: steps until it ended by either, 0 where it did not.

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
        """Runs that ended by promotion."""
        return self.promote > 0

    @property
    def rejected(self) -> np.ndarray:
        return (self.reject > 0) & (self.promote == 0)

    @property
    def ever(self) -> float:
        """Share of runs with enough evidence at any look (of a test that only promotes)."""
        return float((self.promote > 0).mean())


def pairs(
    pool: Pool,
    test: Limits,
    runs: int,
    days: int,
    seed: int,
    order: str = "safe",
    null: bool = False,
    delays: Delays = AT_ONCE,
) -> Outcomes:
    """Run experiments (or fresh-pair back-tests); the null swaps the models by a coin a day.

    With delays, only labels that came before the end count, and steps fold in order of
    assignment; "as completed" folds them as they complete, which is wrong, and shows it.
    """
    random = np.random.default_rng(seed)
    drawn = pool.sample(runs, days, random)
    swap = random.random(drawn.shape) < (0.5 if null else 0.0)
    slow = (delays.median, delays.spread, delays.slow_candidate_negatives, order == "as completed")
    found = run_pairs(
        (pool.champion, pool.candidate, pool.differing, pool.capacity),
        (drawn, swap, ORDERS[order], days if null else FIRST), test.numbers(pool), slow, random,
    )  # fmt: skip
    return Outcomes(*found, reviews_a_step=2)


def blocks(
    pool: Pool,
    test: Limits,
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
    found = run_blocks(
        (pool.champion, pool.candidate, pool.differing), (drawn, swap, window, most),
        test.numbers(pool), random,
    )  # fmt: skip
    return Outcomes(*found, reviews_a_step=1)
