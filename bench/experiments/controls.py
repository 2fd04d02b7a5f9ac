"""Wrong ways of testing, which must show more false promotions than allowed."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from bench.environment import aim, rounded
from bench.experiments.cases import NULL_CELLS, SLOW, Cell, Each, Size
from bench.experiments.nulls import DAYS
from bench.experiments.runs import pairs
from bench.experiments.split import significant
from mimawari.simulation.pool import Pool


def by_rank(pool: Pool, seed: int) -> Pool:
    """Give days whose candidate is better on its first ranks and as much worse on its last."""
    random = np.random.default_rng(seed)
    width = pool.champion.shape[1]
    place = np.arange(width) / np.maximum(1, pool.differing - 1)[:, None]
    there = pool.champion >= 0
    drawn = random.random((2, len(pool), width))
    flat, tilted = drawn[0] < 0.18, drawn[1] < 0.30 - 0.24 * place
    labels = [np.where(there, side, -1).astype(np.int8) for side in (flat, tilted)]
    return replace(pool, champion=labels[0], candidate=labels[1])


def _cell(cell: Cell, size: Size) -> tuple[float, float, float]:
    """Give the rates of the z-test looked at daily, of it at its end, of completion order."""
    pool = cell.pool(size.pool_days)
    looks = significant(pool, size.runs, DAYS, 41, null=True)
    test = cell.test(pool, only_promote=True)
    wrong = pairs(pool, test, size.runs, DAYS, 42, "as completed", True, SLOW)
    return float(looks.any(axis=1).mean()), float(looks[:, -1].mean()), wrong.ever


def _order(size: Size) -> dict[str, float]:
    cell = Cell("normal", 0.7)
    tilted = by_rank(cell.pool(size.pool_days), 43)
    test = cell.test(tilted, only_promote=True)
    return {
        name: rounded(pairs(tilted, test, size.runs, DAYS, 44, name).ever)
        for name in ("safe", "rank order")
    }


def measure(
    size: Size, each: Each, cells: list[Cell] = NULL_CELLS
) -> tuple[list[Any], dict[str, Any]]:
    """Give aims and figures; an aim is met where the wrong way fails in every cell."""
    found = list(each(partial(_cell, size=size), cells))
    peeked, fixed, completion = (
        {cell.name: rounded(one[i]) for cell, one in zip(cells, found, strict=True)}
        for i in range(3)
    )
    told = "false promotions in the mildest cell"
    # A rare topic has too few violations under way for their order to mislead within 60 days.
    common = [rate for name, rate in completion.items() if name.startswith("normal")]
    aims = [
        aim(f"negative control, z-test looked at daily: {told}", rounded(size.limit),
            min(peeked.values())),
        aim(f"negative control, labels folded as they complete: {told} of the common topic",
            rounded(size.limit), min(common)),
    ]  # fmt: skip
    return aims, {
        "z-test looked at daily, 60 days": peeked,
        "z-test at its end, 60 days": fixed,
        "labels folded as they complete": completion,
        "order within the day, candidate better on its first ranks": _order(size),
    }
