"""A simple random sample: what every other strategy is held against."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mimawari.alerts.selection.pool import Selection

if TYPE_CHECKING:
    from numpy.random import Generator

    from mimawari.alerts.selection.pool import Pool, Rows


def random(pool: Pool, budget: int, random: Generator) -> Selection:
    """Choose uniformly, without replacement: each of N open rows with probability ``budget / N``.

    Labels chosen so estimate any share of the pool without bias, but where violations are
    rare they find few.

    Examples
    --------
    >>> from mimawari.alerts.selection.pool import Pool
    >>> pool = Pool(["a", "b", "c", "d"], np.array([True, False, False, False]))
    >>> random(pool, 2, np.random.default_rng(0)).probability.round(3).tolist()
    [0.667, 0.667]
    """
    return draw(pool, pool.open, budget, random)


def draw(pool: Pool, rows: Rows, budget: int, random: Generator) -> Selection:
    """Draw at most ``budget`` of these rows, each with the same probability."""
    by_tie = rows[np.argsort(pool.ties[rows])]  # whatever the order of the file
    drawn = random.permutation(by_tie)[:budget]
    return Selection(drawn, np.full(len(drawn), len(drawn) / max(1, len(by_tie))))
