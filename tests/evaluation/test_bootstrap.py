"""The interval covers as often as it says, where rows of a group hang together."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mimawari.evaluation.bootstrap import group_bootstrap

GROUPS, SIZE, TRUTH = 50, 6, 0.3


def clustered(rng: np.random.Generator) -> np.ndarray:
    """Draw rows whose groups agree within: the mean is TRUTH, the rows are not independent."""
    rates = rng.beta(0.3, 0.7, GROUPS)
    return (rng.random((GROUPS, SIZE)) < rates[:, None]).ravel().astype(float)


def covered(groups: list[str], simulations: int = 200) -> float:
    rng = np.random.default_rng(0)
    hits = 0
    for seed in range(simulations):
        x = clustered(rng)
        found = group_bootstrap(lambda rows, x=x: float(x[rows].mean()), groups, seed, draws=150)
        hits += found.low <= TRUTH <= found.high
    return hits / simulations


def test_coverage_by_simulation() -> None:
    by_group = [f"g{i // SIZE}" for i in range(GROUPS * SIZE)]
    assert 0.89 <= covered(by_group) <= 0.985
    by_row = [f"r{i}" for i in range(GROUPS * SIZE)]
    assert covered(by_row) < 0.8, "resampling rows ignores that they hang together"


def test_equals_naive_resampling() -> None:
    rng = np.random.default_rng(3)
    groups = [str(g) for g in rng.integers(0, 8, 40)]
    x = rng.random(40)
    found = group_bootstrap(lambda rows: float(x[rows].mean()), groups, seed=5, draws=100)
    names, random, drawn = sorted(set(groups)), np.random.default_rng(5), []
    for _ in range(100):
        chosen = [names[i] for i in random.integers(len(names), size=len(names))]
        rows = [i for name in chosen for i, g in enumerate(groups) if g == name]
        drawn.append(x[rows].mean())
    drawn.sort()
    assert found.value == pytest.approx(x.mean())
    assert (found.low, found.high) == pytest.approx((drawn[2], drawn[97]))


@pytest.mark.parametrize("value", [math.inf, math.nan])
def test_infinite_and_undefined_measures(value: float) -> None:
    found = group_bootstrap(lambda rows: value, ["a", "b"], seed=0, draws=20)
    assert str(found.low) == str(found.high) == str(found.value) == str(value)
