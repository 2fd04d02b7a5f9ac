"""Choose by a strategy's name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mimawari.alerts.selection.chance import random
from mimawari.alerts.selection.disagreement import disagreement
from mimawari.alerts.selection.diversity import diversity
from mimawari.alerts.selection.mixed import mixed
from mimawari.alerts.selection.top import top
from mimawari.alerts.selection.uncertainty import uncertainty
from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from mimawari.alerts.selection.pool import Pool, Selection, Strategy

STRATEGIES: dict[str, Strategy] = {
    "random": random,
    "top": top,
    "uncertainty": uncertainty,
    "disagreement": disagreement,
    "diversity": diversity,
    "mixed": mixed,
}
# Those that compare listings: their pools need vectors.
COMPARING = frozenset({"diversity", "mixed"})


def strategy_of(name: str) -> Strategy:
    """Find a strategy.

    Raises
    ------
    InvalidInputError
        For an unknown name.
    """
    if name not in STRATEGIES:
        problem = f"is {name[:40]!r}"
        raise InvalidInputError(FieldProblem("strategy", problem, f"use {', '.join(STRATEGIES)}"))
    return STRATEGIES[name]


def choose(pool: Pool, budget: int, strategy: str = "mixed", seed: int = 0) -> Selection:
    """Choose at most ``budget`` listings to label next; the same pool and seed, the same choice.

    Raises
    ------
    InvalidInputError
        An unknown strategy, a budget below 1, or a pool without what the strategy needs.

    Examples
    --------
    >>> from mimawari.alerts.selection.pool import Pool
    >>> pool = Pool("abc", np.zeros(3, bool), np.array([[0.2, 0.9, 0.5]]))
    >>> choose(pool, 2, "top").rows.tolist()
    [1, 2]
    """
    way = strategy_of(strategy)
    if budget < 1:
        raise InvalidInputError(FieldProblem("budget", f"is {budget}", "give 1 or more"))
    return way(pool, budget, np.random.default_rng(seed))
