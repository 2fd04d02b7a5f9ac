"""Several ways to look for what to label at once: each gives an order, and takes its turn."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.stats import rankdata

from mimawari.alerts.selection.chance import draw
from mimawari.alerts.selection.pool import best

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.random import Generator
    from numpy.typing import NDArray

    from mimawari.alerts.selection.pool import Floats, Pool

RANDOM = "random"


class Taken(NamedTuple):
    """A row to label, the source it is from, and with what probability chance drew it.

    None: it was chosen for what it is, and estimates nothing.
    """

    row: int
    source: str
    probability: float | None


def rank_difference(scores: Floats, days: NDArray[np.int64]) -> Floats:
    """Give how differently models rank each row within its day, shape (n,).

    The greatest difference between the first model's rank and another's, as a share of the rows
    that both scored that day: 0 where they agree, near 1 where one puts first what the other puts
    last. Probabilities of two models may differ everywhere where one is calibrated otherwise;
    lists are made of ranks. NaN where fewer than two models have an opinion.

    Parameters
    ----------
    scores
        Shape (models, n), the champion's first.
    days
        Any number that tells days apart, shape (n,).

    Examples
    --------
    >>> scores = np.array([[0.9, 0.5, 0.1], [0.02, 0.03, 0.01]])
    >>> rank_difference(scores, np.array([1, 1, 1])).round(2).tolist()
    [0.33, 0.33, 0.0]
    """
    difference = np.full(scores.shape[1], np.nan)
    for day in np.unique(days):
        for other in scores[1:]:
            rows = np.flatnonzero((days == day) & ~np.isnan(scores[0]) & ~np.isnan(other))
            if not len(rows):
                continue
            first, second = rankdata(scores[0, rows]), rankdata(other[rows])
            apart = np.abs(first - second) / len(rows)
            difference[rows] = np.fmax(difference[rows], apart)
    return difference


def against_model(score: Floats, label: Floats) -> Floats:
    """Give how far a model is from what moderators said, shape (n,): 1 is surely the opposite.

    Examples
    --------
    >>> against_model(np.array([0.9, 0.1, np.nan]), np.array([0.0, 0.0, 1.0])).tolist()
    [0.9, 0.1, nan]
    """
    return np.asarray(np.abs(score - label))


def take_in_turn(
    orders: Mapping[str, Floats], pool: Pool, budget: int, random: Generator
) -> list[Taken]:
    """Choose at most ``budget`` rows, one of each source in turn, none twice.

    ``random`` among the sources is a simple random sample of the rows that the others leave, of
    its part of the budget: drawn last, so that its probability is known, ``r / M`` of the M left.

    Parameters
    ----------
    orders
        Greatest first, shape (n,) each; a row that is NaN is not of that source.

    Examples
    --------
    >>> from mimawari.alerts.selection.pool import Pool
    >>> pool = Pool("abcd", np.zeros(4, bool))
    >>> orders = {"a": np.array([0.9, 0.8, np.nan, np.nan]), "random": np.zeros(4)}
    >>> taken = take_in_turn(orders, pool, 2, np.random.default_rng(1))
    >>> [(taking.row, taking.source) for taking in taken]
    [(0, 'a'), (3, 'random')]
    """
    others = [name for name in orders if name != RANDOM]
    by_chance = budget if not others else max(1, budget // len(orders)) if RANDOM in orders else 0
    by_chance = min(by_chance, budget) if RANDOM in orders else 0
    taken = _ordered({name: orders[name] for name in others}, pool, budget - by_chance)
    if RANDOM not in orders:
        return taken
    left = np.setdiff1d(pool.open, [taking.row for taking in taken])
    left = left[~np.isnan(orders[RANDOM][left])]
    drawn = draw(pool, left, budget - len(taken), random)
    pairs = zip(drawn.rows.tolist(), drawn.probability.tolist(), strict=True)
    return taken + [Taken(row, RANDOM, chance) for row, chance in pairs]


def _ordered(orders: Mapping[str, Floats], pool: Pool, budget: int) -> list[Taken]:
    """Take of orders in turn; where one is at its end, the others go on."""
    queues: list[tuple[str, Sequence[int]]] = []
    for name, values in orders.items():
        known = int((~np.isnan(values[pool.open])).sum())
        queues.append((name, best(values, pool, min(known, budget * len(orders))).tolist()))
    taken: dict[int, Taken] = {}
    for place in range(max((len(rows) for _, rows in queues), default=0)):
        for name, rows in queues:
            if place < len(rows) and len(taken) < budget:
                taken.setdefault(rows[place], Taken(rows[place], name, None))
    return list(taken.values())
