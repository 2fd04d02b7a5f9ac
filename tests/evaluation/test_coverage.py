"""Coverage against counting by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mimawari.evaluation.coverage import Coverage, coverage, coverage_interval
from mimawari.evaluation.precision import tie_break

SCORES = st.sampled_from([math.nan, 0.1, 0.5, 0.9])
rows = st.lists(st.tuples(SCORES, SCORES, st.sampled_from([-1, 0, 1])), max_size=20)


def naive(column: int, table: list[tuple[float, float, int]], k: int) -> int:
    scored = [i for i, row in enumerate(table) if not math.isnan(row[column])]
    best = sorted(scored, key=lambda i: (-table[i][column], tie_break(f"L{i}")))[:k]
    return sum(table[i][2] == 1 for i in best)


@given(rows, st.integers(0, 8))
def test_equals_counting(table: list[tuple[float, float, int]], k: int) -> None:
    scores, rules, labels = (np.array([row[c] for row in table], np.float64) for c in range(3))
    found = coverage(scores, rules, labels.astype(np.int8), k, [f"L{i}" for i in range(len(table))])
    assert found == Coverage(naive(0, table, k), naive(1, table, k))


def test_ratio_of_nothing() -> None:
    assert Coverage(3, 0).ratio == math.inf
    assert math.isnan(Coverage(0, 0).ratio)


def test_interval_of_equal_rankings_is_one_and_of_a_better_one_lies_above() -> None:
    rng = np.random.default_rng(0)
    labels = (rng.random(400) < 0.2).astype(np.int8)
    rules = np.where(rng.random(400) < 0.5, labels * 0.5 + 0.1 * rng.random(400), rng.random(400))
    better = labels + 0.5 * rng.random(400)
    keys, groups = [f"L{i}" for i in range(400)], [f"s{i % 60}" for i in range(400)]
    same = coverage_interval(rules, rules, labels, 40, keys, groups, seed=0, draws=50)
    assert (same.low, same.value, same.high) == (1, 1, 1)
    more = coverage_interval(better, rules, labels, 40, keys, groups, seed=0, draws=50)
    assert 1 < more.low <= more.value <= more.high
    assert more.value == pytest.approx(coverage(better, rules, labels, 40, keys).ratio)
