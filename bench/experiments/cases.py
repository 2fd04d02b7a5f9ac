"""The marketplaces that are tried: targets, effects, and pools of their days."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bench.experiments.runs import Limits
from mimawari.evaluation.blocks import grid_for
from mimawari.simulation.delays import Delays
from mimawari.simulation.duel import Duel
from mimawari.simulation.effects import Effects
from mimawari.simulation.pool import Pool, draw_pool

# Like map: applies a function to every case, in several processes where there are.
Each = Callable[..., Iterable[Any]]
OVERLAPS = (0.3, 0.5, 0.7, 0.9)
SLOW = Delays(median=0.5, spread=1.0, slow_candidate_negatives=4.0)
CLUSTERS = Effects(cluster=2.5)
# Sd of the day-by-model effect on the precisions' difference outside the overlap, and days'
# log-sd of prevalence in the cells with day effects (0.2 elsewhere).
INTERPLAY, SPREAD = {"normal": 0.04, "rare": 0.002}, 0.5


@dataclass(frozen=True)
class Size:
    """How much is simulated."""

    runs: int = 20_000
    pool_days: int = 3_000
    tried_days: int = 8_000  # pools whose precisions matter

    @property
    def limit(self) -> float:
        """The level and three standard errors of its estimate."""
        return 0.05 + 3 * (0.05 * 0.95 / self.runs) ** 0.5


FULL, QUICK = Size(), Size(runs=600, pool_days=300, tried_days=800)


@dataclass(frozen=True)
class Cell:
    """A topic: how common its violations are, how alike the models, how good."""

    topic: str  # normal: P@200 near .30 of a million; rare: .025 of a hundred thousand
    overlap: float
    gain: float = 0.0
    spread: float = 0.2

    @property
    def name(self) -> str:
        return f"{self.topic} {self.overlap:.0%}"

    @property
    def smallest_gain(self) -> float:
        return 0.03 if self.topic == "normal" else 0.005

    def duel(self) -> Duel:
        n, prevalence, p = (10**6, 1e-3, 0.3) if self.topic == "normal" else (10**5, 1e-4, 0.025)
        return Duel.solve(n, prevalence, p, p + self.gain, self.overlap, spread=self.spread)

    def pool(self, days: int, effects: Effects | None = None, seed: int = 1) -> Pool:
        return draw_pool(self.duel(), days, seed, effects or Effects())

    def test(self, pool: Pool, **changes: object) -> Limits:
        """Give the rule of the cell: the grid follows the champion's share outside the overlap."""
        grid = np.array(grid_for(pool.only[0]))
        return replace(Limits(grid, smallest_gain=self.smallest_gain), **changes)

    def with_interplay(self) -> Effects:
        return Effects(interplay=self.duel().interplay(INTERPLAY[self.topic]))


NULL_CELLS = [Cell(topic, overlap) for topic in ("normal", "rare") for overlap in OVERLAPS]
QUICK_CELLS = [Cell("normal", 0.7), Cell("rare", 0.7)]
TRIED_CELLS = [Cell("normal", overlap, 0.03) for overlap in (0.5, 0.7, 0.9)]
RARE_TRIED = Cell("rare", 0.7, 0.005)


def mirrored(pool: Pool) -> Pool:
    """Give the pool with each day once more, the models exchanged: exactly equal on average."""
    return replace(
        pool,
        champion=np.concatenate([pool.champion, pool.candidate]),
        candidate=np.concatenate([pool.candidate, pool.champion]),
        differing=np.tile(pool.differing, 2),
        shared_hits=np.tile(pool.shared_hits, 2),
        split_hits=np.concatenate([pool.split_hits, pool.split_hits[:, ::-1]]),
    )
