"""Metrics against naive references."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from mimawari.evaluation.precision import (
    auprc,
    precision_at_k,
    ranking,
    recall_at_k,
    tie_break,
)

rows = st.lists(
    st.tuples(st.sampled_from([math.nan, 0.1, 0.4, 0.4, 0.8]), st.sampled_from([-1, 0, 1])),
    max_size=25,
)


def arrays(rows: list[tuple[float, int]]) -> tuple[np.ndarray, np.ndarray, list[str]]:
    scores = np.array([s for s, _ in rows], np.float64)
    labels = np.array([y for _, y in rows], np.int8)
    return scores, labels, [f"L{i}" for i in range(len(rows))]


@given(rows)
def test_ranking_equals_plain_sorting(rows: list[tuple[float, int]]) -> None:
    scores, _, keys = arrays(rows)
    scored = [i for i in range(len(rows)) if not math.isnan(rows[i][0])]
    expected = sorted(scored, key=lambda i: (-rows[i][0], tie_break(keys[i])))
    assert ranking(scores, keys).tolist() == expected


@given(rows, st.integers(1, 10))
def test_precision_and_recall_equal_counting(rows: list[tuple[float, int]], k: int) -> None:
    scores, labels, keys = arrays(rows)
    top = [rows[i][1] for i in ranking(scores, keys)[:k]]
    known = [y for y in top if y != -1]
    precision = precision_at_k(scores, labels, k, keys)
    assert math.isnan(precision) if not known else precision == pytest.approx(np.mean(known))
    everything = sum(y == 1 for _, y in rows)
    recall = recall_at_k(scores, labels, k, keys)
    caught = sum(y == 1 for y in top)
    assert math.isnan(recall) if not everything else recall == pytest.approx(caught / everything)


@pytest.mark.parametrize("seed", range(5))
def test_auprc_equals_scikit_learn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels = (rng.random(300) < 0.1).astype(np.int8)
    scores = np.round(rng.random(300) + 0.3 * labels, 1)
    assert auprc(scores, labels) == pytest.approx(average_precision_score(labels, scores))
    unknown = np.r_[labels, np.full(50, -1, np.int8)]
    assert auprc(np.r_[scores, np.full(50, 2.0)], unknown) == pytest.approx(auprc(scores, labels))


def test_auprc_without_violations_is_undefined() -> None:
    assert math.isnan(auprc(np.array([0.5]), np.array([0], np.int8)))
