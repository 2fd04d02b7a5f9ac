"""How long the library takes: one pair more, and a fold of a hundred thousand."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from bench.environment import aim, rounded
from mimawari.evaluation.futility import Futility
from mimawari.evaluation.mcnemar import McNemarEProcess
from mimawari.evaluation.trial import Rule, Step, evaluate_backtest, evaluate_pairs

STEPS, UPDATES = 100_000, 2_000


def _processor_seconds(work: Callable[[], object], repeats: int = 7) -> float:
    """Give the shortest processor time of some runs: one thread, no waiting."""
    best = float("inf")
    for _ in range(repeats):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


def _update() -> float:
    random = np.random.default_rng(61)
    labels = (random.random((UPDATES, 2)) < 0.4).astype(int).tolist()
    process, futility = McNemarEProcess(), Futility(0.1)

    def work() -> None:
        for y_a, y_b in labels:
            process.update(y_a, y_b)
            futility.update(y_b - y_a)
            _ = process.log_e, futility.log_f

    return _processor_seconds(work) / UPDATES


def _steps(r: int) -> list[Step]:
    """Give steps of two models alike: the fold must read to the end."""
    random = np.random.default_rng(62)
    a, y = random.binomial(r, 0.2, STEPS), random.random(STEPS) < 0.2
    day = np.sort(random.integers(0, 60, STEPS)).tolist()
    return [Step(d, int(b), int(h), r) for d, b, h in zip(day, y, a, strict=True)]


def measure() -> tuple[list[Any], dict[str, Any]]:
    """Give aims and figures."""
    rule = Rule(capacity=200)
    one_pairs, blocks = _steps(1), _steps(3)
    found = {
        "update": _update() * 1e3,
        "pairs": _processor_seconds(lambda: evaluate_pairs(one_pairs, rule, 60.0)) * 1e3,
        "blocks": _processor_seconds(lambda: evaluate_backtest(blocks, rule, 60.0)) * 1e3,
    }
    told = f"a decision from {STEPS:,} steps, ms"
    aims = [
        aim("one update, ms", 1, found["update"], at_most=True),
        aim(f"experiment: {told}", 200, found["pairs"], at_most=True),
        aim(f"back-test: {told}", 200, found["blocks"], at_most=True),
    ]
    return aims, {f"{k} (ms)": rounded(v) for k, v in found.items()}
