"""Block evidence: exact expectations, the class against the fold, invariances."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit
from scipy.stats import binom

from mimawari.evaluation.blocks import (
    GRID,
    RARE_GRID,
    BlockEProcess,
    block_factor,
    block_trajectory,
)


def expectation(p_a: list[float], p_b: float, t_a: float, t_b: float) -> float:
    """Sum over everything that can come out, item by item."""
    r, total = len(p_a), 0.0
    for labels in itertools.product((0, 1), repeat=r):
        chance = np.prod([p if y else 1 - p for y, p in zip(labels, p_a, strict=True)])
        for y, share in ((1, p_b), (0, 1 - p_b)):
            total += float(chance) * share * block_factor(sum(labels), r, y, t_a, t_b)
    return total


@pytest.mark.parametrize("r", [1, 2, 5, 12])
@pytest.mark.parametrize(("t_a", "t_b"), [(0.01, 0.02), (0.144, 0.244), (0.3, 0.9), (0.5, 0.5001)])
def test_equal_rates_never_expect_more_than_one(r: int, t_a: float, t_b: float) -> None:
    for p in np.linspace(0, 1, 41):
        hits = binom.pmf(np.arange(r + 1), r, p)
        total = sum(
            hits[a] * (p if y else 1 - p) * block_factor(a, r, y, t_a, t_b)
            for a in range(r + 1)
            for y in (0, 1)
        )
        assert total <= 1 + 1e-12


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(0, 1), min_size=1, max_size=5),
    st.floats(0, 1),
    st.floats(0.01, 0.9),
    st.floats(0.05, 3),
)
def test_items_of_unequal_rates_expect_no_more(
    p_a: list[float], part: float, t_a: float, ratio: float
) -> None:
    """The candidate's rate is at most the mean of the champion's."""
    t_b = float(expit(logit(t_a) + ratio))
    assert expectation(p_a, part * float(np.mean(p_a)), t_a, t_b) <= 1 + 1e-9


def test_a_better_candidate_expects_more_than_one() -> None:
    assert expectation([0.144] * 3, 0.244, 0.144, 0.244) > 1.02


def naive(a: list[int], r: list[int], y: list[int], grid: tuple[float, ...]) -> list[float]:
    wealth, hits, misses, out = [1 / len(grid)] * len(grid), 0.5, 2.0, []
    for one, n, won in zip(a, r, y, strict=True):
        t_a = hits / (hits + misses)
        for g, ratio in enumerate(grid):
            wealth[g] *= block_factor(one, n, won, t_a, float(expit(logit(t_a) + ratio)))
        hits, misses = hits + one, misses + n - one
        out.append(sum(wealth))
    return out


@pytest.mark.parametrize("grid", [GRID, RARE_GRID], ids=["usual", "rare"])
def test_class_fold_and_plain_reading_agree(grid: tuple[float, ...]) -> None:
    random = np.random.default_rng(2)
    r = random.integers(1, 7, 200)
    a, y = random.binomial(r, 0.15), random.binomial(1, 0.25, 200)
    log_e, weights = block_trajectory(a, r, y, grid)
    process = BlockEProcess(grid)
    for i in range(200):
        process.update(a[i], r[i], y[i])
        assert process.log_e == pytest.approx(log_e[i], abs=1e-9)
    assert process.log_weights == pytest.approx(weights)
    assert np.exp(log_e) == pytest.approx(naive(a.tolist(), r.tolist(), y.tolist(), grid))


def test_no_blocks_are_no_evidence() -> None:
    log_e, weights = block_trajectory([], [], [])
    assert len(log_e) == 0
    assert np.exp(weights).sum() == pytest.approx(1)
    assert BlockEProcess().e_value == pytest.approx(1)


def test_evidence_stays_finite_over_a_long_run() -> None:
    n = 20_000
    for y in (0, 1):
        log_e, weights = block_trajectory(np.zeros(n), np.ones(n), np.full(n, y))
        assert np.isfinite(log_e).all()
        assert np.isfinite(weights).all()


@pytest.mark.parametrize("p", [0.0, 0.018, 0.15, 0.5])
def test_false_promotions_under_continuous_looks(p: float) -> None:
    """1,000 runs of 300 blocks, day effects common to both lists; at most .05 + 3 errors."""
    random, runs, crossed = np.random.default_rng(5), 1000, 0
    for _ in range(runs):
        day = np.clip(p * np.exp(0.3 * random.normal(size=300)), 0, 1)
        r = random.integers(1, 6, 300)
        log_e, _ = block_trajectory(random.binomial(r, day), r, random.binomial(1, day))
        crossed += bool((log_e >= np.log(20)).any())
    assert crossed / runs <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / runs)
