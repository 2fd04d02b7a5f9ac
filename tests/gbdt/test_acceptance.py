"""Trees stay where they help unseen sellers, and seldom where they do not."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from mimawari.detectors.gbdt.acceptance import Ranking, ranks_better

SELLERS, EACH = 60, 10
# Few different scores, so that many tie, and rows that were not drawn.
ROWS = st.lists(st.tuples(st.booleans(), st.integers(0, 5), st.integers(0, 3)), min_size=1)


@given(ROWS.filter(lambda rows: any(hit and times for hit, _, times in rows)))
def test_average_precision_equals_scikit_learns(rows: list[tuple[bool, int, int]]) -> None:
    y, scores, weight = (np.array(column) for column in zip(*rows, strict=True))
    expected = average_precision_score(y, scores, sample_weight=weight)
    assert Ranking(y, scores).average_precision(weight) == pytest.approx(expected)


def market(seed: int) -> tuple[np.random.Generator, np.ndarray, np.ndarray, np.ndarray]:
    """Draw sellers of whom some offer violations, and margins that rank them a little."""
    random = np.random.default_rng(seed)
    groups = np.repeat(np.arange(SELLERS).astype(str), EACH)
    y = random.random(SELLERS * EACH) < np.repeat(random.random(SELLERS) < 0.3, EACH) * 0.5
    return random, groups, y, random.normal(size=len(y)) + 1.5 * y


def test_real_gains_are_taken() -> None:
    taken = 0
    for seed in range(10):
        random, groups, y, old = market(seed)
        new = old + 1.5 * y + random.normal(scale=0.3, size=len(y))
        taken += ranks_better(y, new, old, np.ones(len(y)), groups)
    assert taken >= 9


def test_noise_of_sellers_is_seldom_taken() -> None:
    """Quirks shared by a seller's listings gain by chance: one in twenty at most is taken."""
    runs, taken = 100, 0
    for seed in range(runs):
        random, groups, y, old = market(seed)
        new = old + np.repeat(random.normal(scale=0.5, size=SELLERS), EACH)
        taken += ranks_better(y, new, old, np.ones(len(y)), groups)
    assert taken / runs <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / runs)


def test_weights_count_as_repeated_rows() -> None:
    y = np.array([True, False, True, False] * 10)
    groups = np.arange(40).astype(str)
    better, worse = y * 1.0, ~y * 1.0
    mixed = np.where(np.arange(40) < 20, better, worse)
    weight = np.where(np.arange(40) < 20, 50.0, 1.0)
    flat = np.zeros(40)
    assert ranks_better(y, mixed, flat, weight, groups)
    assert not ranks_better(y, mixed, flat, weight[::-1].copy(), groups)


def test_equal_margins_and_no_violation_change_nothing() -> None:
    y, flat = np.array([True, False]), np.zeros(2)
    groups = np.array(["a", "b"])
    assert not ranks_better(y, flat, flat, np.ones(2), groups)
    assert not ranks_better(np.zeros(2, bool), y * 1.0, flat, np.ones(2), groups)
