"""What a test costs: useful candidates rejected, violations missed."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from bench.environment import aim, rounded
from bench.experiments.cases import NULL_CELLS, RARE_TRIED, TRIED_CELLS, Cell, Each, Size
from bench.experiments.compiled.loops import run_caught
from bench.experiments.nulls import ONLINE_RULE, WINDOW_RULE
from bench.experiments.runs import blocks, pairs

DAYS = 60


def _rejected(cell: Cell, size: Size) -> dict[str, dict[str, float]]:
    pool = cell.pool(size.tried_days)
    runs = {
        "online safe": pairs(pool, cell.test(pool, **ONLINE_RULE), size.runs, 250, 51),
        "back-test reuse": blocks(pool, cell.test(pool, **WINDOW_RULE), size.runs, 52),
        "online safe, evidence alone": pairs(pool, cell.test(pool), size.runs, 250, 53),
    }
    return {
        name: {
            "promoted": rounded(float(found.promoted.mean())),
            "rejected": rounded(float(found.rejected.mean())),
        }
        for name, found in runs.items()
    }


def rejections(size: Size, each: Each) -> tuple[list[Any], dict[str, Any]]:
    """Give the share of candidates with the smallest useful gain that are rejected."""
    cells = [*TRIED_CELLS, RARE_TRIED]
    found = each(partial(_rejected, size=size), cells)
    figures = dict(zip([cell.name for cell in cells], found, strict=True))
    worst = max(one["rejected"] for cell in figures.values() for one in cell.values())
    told = f"false rejections at the smallest useful gain, worst of {len(figures)} cells"
    return [aim(told, 0.10, worst, at_most=True)], figures


def _one(cell: Cell, size: Size) -> dict[str, float]:
    pool = cell.pool(size.pool_days)
    random = np.random.default_rng(54)
    drawn = pool.sample(size.runs, DAYS, random)
    swap = random.random(drawn.shape) < 0.5
    during, alone, over = run_caught(
        pool.champion, pool.candidate, pool.differing, drawn, swap, pool.capacity, random
    )
    shared = pool.shared_hits[drawn].sum(axis=1)
    gap = (during - alone) / DAYS
    return {
        "champion alone, a day": rounded(float((alone + shared).mean()) / DAYS),
        "during the test, a day": rounded(float((during + shared).mean()) / DAYS),
        "difference, a day": rounded(float(gap.mean())),
        "standard error": rounded(float(gap.std(ddof=1) / size.runs**0.5)),
        "split, a day": rounded(float(pool.split_hits[drawn].sum(axis=(1, 2)).mean()) / DAYS),
        "reviews a day above K": rounded(float(over.mean()) / DAYS),
    }


def caught(
    size: Size, each: Each, cells: list[Cell] = NULL_CELLS
) -> tuple[list[Any], dict[str, Any]]:
    """Give violations caught a day with equal models: during a test, and without one."""
    found = each(partial(_one, size=size), cells)
    figures = dict(zip([cell.name for cell in cells], found, strict=True))
    errors = [one["difference, a day"] / one["standard error"] for one in figures.values()]
    told = "violations caught with equal models, gain over the champion alone in standard errors"
    return [aim(f"{told}, worst of {len(figures)} cells", -3, min(errors))], figures
