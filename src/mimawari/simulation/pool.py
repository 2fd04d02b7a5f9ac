"""Many days of a duel, reduced to what comparisons read: labels of the lists."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from mimawari.simulation.effects import Effects
from mimawari.simulation.items import draw_items
from mimawari.simulation.noise import misjudge

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mimawari.simulation.duel import Duel
    from mimawari.simulation.items import Items
    from mimawari.simulation.noise import Rates

    Integers = NDArray[np.int64]
    Labels = NDArray[np.int8]

NONE = Effects()
CHUNK = 500  # days drawn at once


@dataclass(frozen=True, slots=True)
class Pool:
    """Days to draw from with replacement: a bootstrap of days.

    Attributes
    ----------
    capacity
        K.
    champion, candidate
        Labels of the items that only A, only B has among its K, in the order of that
        model's ranks; shape (days, width), -1 behind a day's last.
    differing
        How many there are on each side; shape (days,).
    shared_hits
        Violations on both lists; shape (days,).
    split_hits
        Violations in the top K/2 of A on a random half of the listings, and of B on the
        other half; shape (days, 2).
    horizon
        Period of the drift: day d of the pool is the (d mod horizon)-th day.
    """

    capacity: int
    champion: Labels
    candidate: Labels
    differing: Integers
    shared_hits: Integers
    split_hits: Integers
    horizon: int = 1

    def __len__(self) -> int:
        return len(self.differing)

    @property
    def precisions(self) -> tuple[float, float]:
        """Precision@K of A and B over all days."""
        hits = [self.shared_hits.sum() + (x == 1).sum() for x in (self.champion, self.candidate)]
        a, b = (float(h) / self.capacity / len(self) for h in hits)
        return a, b

    @property
    def only(self) -> tuple[float, float]:
        """Precision outside the overlap, of A and of B."""
        items = float(self.differing.sum())
        return float((self.champion == 1).sum()) / items, float((self.candidate == 1).sum()) / items

    def sample(self, runs: int, days: int, random: np.random.Generator) -> Integers:
        """Draw days with replacement, shape (runs, days); under drift, day for day."""
        cycles = len(self) // self.horizon
        number = np.arange(days) % self.horizon
        return random.integers(cycles, size=(runs, days)) * self.horizon + number

    def judged(self, champion: Rates, candidate: Rates, random: np.random.Generator) -> Pool:
        """Give the pool as moderators see it who err at rates of their own on each side.

        Shared and split counts stay true.

        Parameters
        ----------
        champion, candidate
            Sensitivity and specificity of the labels of each side.
        """
        return replace(
            self,
            champion=misjudge(self.champion, champion, random),
            candidate=misjudge(self.candidate, candidate, random),
        )


def draw_pool(duel: Duel, days: int, seed: int, effects: Effects = NONE) -> Pool:
    """Draw days of a duel and compare the models' lists on each.

    Examples
    --------
    >>> from mimawari.simulation.duel import Duel
    >>> pool = draw_pool(Duel.solve(1_000_000, 0.001, 0.30, 0.33, 0.7), days=400, seed=1)
    >>> [round(p, 2) for p in pool.precisions], round(1 - float(pool.differing.mean()) / 200, 2)
    ([0.3, 0.33], 0.7)
    """
    random = np.random.default_rng(seed)
    parts = []
    for start in range(0, days, CHUNK):
        numbers = np.arange(start, min(days, start + CHUNK)) % effects.horizon
        items = draw_items(duel, numbers, effects, random)
        parts.append(_compare(items, len(numbers), duel.capacity, effects.grouped, random))
    width = max(p.champion.shape[1] for p in parts)
    return Pool(
        duel.capacity,
        np.concatenate([_widen(p.champion, width) for p in parts]),
        np.concatenate([_widen(p.candidate, width) for p in parts]),
        np.concatenate([p.differing for p in parts]),
        np.concatenate([p.shared_hits for p in parts]),
        np.concatenate([p.split_hits for p in parts]),
        effects.horizon,
    )


def top(items: Items, scores: NDArray[np.float64], k: int, grouped: bool) -> Integers:
    """Give the rows of each day's K best, days in order, best first.

    Raises
    ------
    ValueError
        If a day has fewer than K.
    """
    order = np.lexsort((-scores, items.day))
    if grouped:
        _, first = np.unique(items.cluster[order], return_index=True)
        order = order[np.sort(first)]
    day = items.day[order]
    _, start = np.unique(day, return_index=True)
    counts = np.diff(np.r_[start, len(day)])
    if counts.min() < k:
        raise ValueError(f"a day has {counts.min()} listings in reach, fewer than K = {k}")
    best: Integers = order[(start[:, None] + np.arange(k)).ravel()]
    return best


def _compare(items: Items, days: int, k: int, grouped: bool, random: np.random.Generator) -> Pool:
    lists = [top(items, scores, k, grouped) for scores in (items.a, items.b)]
    on = np.zeros((2, len(items.day)), bool)
    for side, rows in enumerate(lists):
        on[side, rows] = True
    labels = [_matrix(items, rows[~on[1 - side, rows]], days) for side, rows in enumerate(lists)]
    shared = on[0] & on[1]
    hits = np.bincount(items.day[shared & items.violates], minlength=days)
    coin = random.random(len(items.day)) < 0.5
    split = [
        _hits(items, np.where(arm, scores, -np.inf), k // 2, grouped)
        for arm, scores in ((coin, items.a), (~coin, items.b))
    ]
    differing = (labels[0] >= 0).sum(1)
    return Pool(k, labels[0], labels[1], differing, hits, np.stack(split, axis=1))


def _hits(items: Items, scores: NDArray[np.float64], k: int, grouped: bool) -> Integers:
    hits: Integers = items.violates[top(items, scores, k, grouped)].reshape(-1, k).sum(1)
    return hits


def _matrix(items: Items, rows: Integers, days: int) -> Labels:
    """Lay the labels of rows, sorted by day and rank, out as (days, width)."""
    counts = np.bincount(items.day[rows], minlength=days)
    place = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    laid = np.full((days, int(counts.max(initial=0))), -1, np.int8)
    laid[items.day[rows], place] = items.violates[rows]
    return laid


def _widen(labels: Labels, width: int) -> Labels:
    return np.pad(labels, ((0, 0), (0, width - labels.shape[1])), constant_values=-1)
