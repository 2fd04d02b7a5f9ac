"""Reviews and days until a better candidate is promoted, and how near the bound that is."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from bench.environment import aim, rounded
from bench.experiments.cases import TRIED_CELLS, Cell, Each, Size
from bench.experiments.nulls import ONLINE_RULE, WINDOW_RULE
from bench.experiments.runs import Outcomes, blocks, pairs
from bench.experiments.split import planned_days
from mimawari.evaluation.information import information, lower_bound

LONGEST, LONG_WINDOW = 250, 84
WAYS = (
    "online_safe", "online_safe_whole_rule", "back_test_reuse", "back_test_reuse_whole_rule",
)  # fmt: skip
ONLINE_AIMS = {0.5: 3, 0.7: 8, 0.9: 60}


def quantiles(outcomes: Outcomes) -> dict[str, float]:
    """Give median and 80th percentile of reviews (undecided: infinitely many), and the power."""
    decided = outcomes.promote > 0
    reviews = np.where(decided, outcomes.promote * outcomes.reviews_a_step, np.inf)
    median, eighty = np.quantile(reviews, [0.5, 0.8], method="inverted_cdf")
    found = {"median": median, "p80": eighty, "mean": reviews[decided].mean(),
             "decided": decided.mean()}  # fmt: skip
    if outcomes.promote_day.any():
        found["median_days"], found["p80_days"] = np.quantile(outcomes.promote_day, [0.5, 0.8])
    return {k: rounded(float(v)) if np.isfinite(v) else None for k, v in found.items()}


def _one(cell: Cell, size: Size) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give a case's figures, and what its curves are drawn from."""
    pool = cell.pool(size.tried_days)
    only_evidence = cell.test(pool, only_promote=True)
    days, power = planned_days(pool, size.runs, seed=11)
    online = pairs(pool, only_evidence, size.runs, LONGEST, 12)
    fast = pairs(pool, only_evidence, size.runs, LONGEST, 13, "fast")
    reuse = blocks(pool, only_evidence, size.runs, 14)
    ruled = pairs(pool, replace(only_evidence, **ONLINE_RULE), size.runs, LONGEST, 17)
    ruled_reuse = blocks(pool, replace(only_evidence, **WINDOW_RULE), size.runs, 18)
    fresh = pairs(pool, only_evidence, size.runs, 28, 15, "fresh")
    long_reuse = blocks(pool, only_evidence, size.runs, 16, LONG_WINDOW)
    told = information(*pool.only)
    bounds = {k: lower_bound(getattr(told, k), 0.05) for k in ("pair", "reuse")}
    means = {
        "pair": float(online.promote[online.promote > 0].mean()) * 2,
        "reuse": float(long_reuse.promote[long_reuse.promote > 0].mean()),
    }
    curves = {"split": power, "online": online, "reuse": reuse}
    figures = {
        "precisions": [rounded(p) for p in pool.precisions],
        "precisions_outside_overlap": [rounded(p) for p in pool.only],
        "split": {"days": days, "reviews": days * pool.capacity,
                  "power": rounded(float(power[days - 1]))},
        "online_safe": quantiles(online),
        "online_fast": quantiles(fast),
        "back_test_reuse": quantiles(reuse),
        "back_test_fresh_pairs": quantiles(fresh),
        "online_safe_whole_rule": quantiles(ruled),
        "back_test_reuse_whole_rule": quantiles(ruled_reuse),
        "lower_bounds": {k: rounded(v) for k, v in bounds.items()},
        "mean_over_bound": {k: rounded(means[k] / bounds[k]) for k in bounds},
        "undecided_in_84_days": rounded(float((long_reuse.promote == 0).mean())),
    }  # fmt: skip
    return figures, curves


def measure(size: Size, each: Each) -> tuple[list[dict[str, Any]], dict[str, Any], dict[str, Any]]:
    """Give aims, figures, and what the curves are drawn from."""
    figures: dict[str, Any] = {}
    curves: dict[str, Any] = {}
    aims = []
    for cell, (found, drawn) in zip(
        TRIED_CELLS, each(partial(_one, size=size), TRIED_CELLS), strict=True
    ):
        figures[cell.name], curves[cell.name] = found, drawn
        split = found["split"]["reviews"]
        fewer = {k: split / found[k]["p80"] if found[k]["p80"] else 0.0
                 for k in WAYS}  # fmt: skip
        found["times_fewer"] = {k: rounded(v) for k, v in fewer.items()}
        told = f"overlap {cell.overlap:.0%}, reviews of the split over those at 80 % decided"
        wanted = ONLINE_AIMS[cell.overlap]
        aims.append(aim(f"online, {told}", wanted, fewer["online_safe"]))
        aims.append(aim(f"online with least days and guard, {told}", wanted,
                        fewer["online_safe_whole_rule"]))  # fmt: skip
        if cell.overlap == 0.7:
            aims.append(aim(f"back-test, {told}", 25, fewer["back_test_reuse"]))
            aims.append(aim(f"back-test with least days and guard, {told}", 25,
                            fewer["back_test_reuse_whole_rule"]))  # fmt: skip
            over = found["mean_over_bound"]
            aims.append(aim("online, mean reviews over the bound", 1.25, over["pair"], True))
            aims.append(aim("back-test, mean reviews over the bound", 1.8, over["reuse"], True))
    return aims, figures, curves
