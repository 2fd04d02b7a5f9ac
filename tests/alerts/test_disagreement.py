"""Lists that differ: against a plain reading, with ties, NaN, clusters, short streams."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mimawari.alerts.disagreement import Lists, compare_lists, top_k
from mimawari.alerts.ties import tie_break

KEYS = [f"listing-{row}" for row in range(60)]


def naive(
    scores: list[float], k: int, clusters: list[str] | None = None, least: float = 0.0
) -> list[int]:
    rows = [row for row, score in enumerate(scores) if not math.isnan(score) and score >= least]
    rows.sort(key=lambda row: (-scores[row], tie_break(KEYS[row])))
    chosen: list[int] = []
    for row in rows:
        if len(chosen) < k and (
            clusters is None or clusters[row] not in {clusters[one] for one in chosen}
        ):
            chosen.append(row)
    return chosen


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("clustered", [False, True])
def test_top_k_is_the_plain_reading(seed: int, clustered: bool) -> None:
    random = np.random.default_rng(seed)
    scores = np.round(random.random(60), 1)  # many ties
    scores[random.random(60) < 0.1] = np.nan
    clusters = [f"seller-{one}" for one in random.integers(0, 12, 60)] if clustered else None
    for k in (0, 1, 7, 59, 60, 100):
        found = top_k(scores, k, KEYS, clusters, least=0.2)
        assert found == naive(scores.tolist(), k, clusters, 0.2)


def test_parts_are_disjoint_in_rank_order_and_whole() -> None:
    random = np.random.default_rng(1)
    a, b = random.random((2, 60))
    found = compare_lists(a, b, 20, KEYS)
    assert set(found.shared) | set(found.champion_only) == set(naive(a.tolist(), 20))
    assert set(found.shared) | set(found.candidate_only) == set(naive(b.tolist(), 20))
    assert not set(found.champion_only) & set(found.candidate_only)
    assert list(found.champion_only) == sorted(found.champion_only, key=lambda row: -a[row])
    assert list(found.candidate_only) == sorted(found.candidate_only, key=lambda row: -b[row])
    assert found.differing == len(found.champion_only) == len(found.candidate_only)


def test_an_identical_candidate_has_nothing_to_compare() -> None:
    scores = np.random.default_rng(2).random(60)
    found = compare_lists(scores, scores.copy(), 20, KEYS)
    assert found.differing == 0
    assert len(found.shared) == 20


def test_a_constant_candidate_is_ordered_by_keys_alone() -> None:
    found = top_k(np.full(60, 0.5), 10, KEYS)
    assert found == sorted(range(60), key=lambda row: tie_break(KEYS[row]))[:10]


def test_scores_of_none_are_never_listed() -> None:
    nothing = np.full(60, np.nan)
    found = compare_lists(np.arange(60.0), nothing, 5, KEYS)
    assert found == Lists((), (59, 58, 57, 56, 55), ())
    assert found.differing == 0


def test_a_capacity_larger_than_the_stream_lists_all_of_it() -> None:
    a, b = np.arange(60.0), np.arange(60.0)[::-1]
    assert len(compare_lists(a, b, 1000, KEYS).shared) == 60
    assert compare_lists(a, b, 0, KEYS) == Lists((), (), ())


def test_more_shared_items_change_no_difference() -> None:
    a, b = np.array([0.5, 0.4, 0.3, 0.1]), np.array([0.1, 0.3, 0.4, 0.5])
    less = compare_lists(a, b, 2, KEYS)
    more = compare_lists(np.append(a, [0.9, 0.8]), np.append(b, [0.8, 0.9]), 4, KEYS)
    assert (more.champion_only, more.candidate_only) == (less.champion_only, less.candidate_only)
