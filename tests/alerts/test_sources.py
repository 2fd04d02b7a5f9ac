"""Sources in turn, against counts by hand; a yield that is too small, by simulation."""

from __future__ import annotations

import numpy as np
import pytest

from mimawari.alerts.selection import Pool
from mimawari.alerts.selection.sources import rank_difference, take_in_turn
from mimawari.evaluation.asked_labels import surely_below, yield_of


@pytest.mark.parametrize("seed", range(4))
def test_rank_differences_are_those_of_sorting_by_hand(seed: int) -> None:
    random = np.random.default_rng(seed)
    scores = random.random((3, 40))
    scores[random.random((3, 40)) < 0.1] = np.nan
    days = random.integers(0, 3, 40)
    expected = np.full(40, np.nan)
    for day in range(3):
        for other in (1, 2):
            rows = [
                i for i in range(40) if days[i] == day and not np.isnan(scores[[0, other], i]).any()
            ]
            for i in rows:
                ranks = [sum(scores[m, k] <= scores[m, i] for k in rows) for m in (0, other)]
                apart = abs(ranks[0] - ranks[1]) / len(rows)
                expected[i] = np.fmax(expected[i], apart)
    assert np.allclose(rank_difference(scores, days), expected, equal_nan=True)


def test_each_source_has_its_turn_and_none_comes_twice() -> None:
    random = np.random.default_rng(5)
    values = random.random((2, 50))
    values[1, :45] = np.nan
    pool = Pool([str(i) for i in range(50)], random.random(50) < 0.2)
    orders = {"a": values[0], "b": values[1], "random": np.zeros(50)}
    taken = take_in_turn(orders, pool, 21, random)
    rows = [one.row for one in taken]
    assert len(rows) == len(set(rows)) == 21
    assert not pool.known[rows].any()
    by = {name: [one for one in taken if one.source == name] for name in orders}
    assert len(by["random"]) == 7
    left = len(pool.open) - 14
    assert {one.probability for one in by["random"]} == {7 / left}
    assert {one.probability for one in by["a"] + by["b"]} == {None}
    best = [row for row in np.argsort(-values[0]).tolist() if row in pool.open]
    assert by["a"][0].row == best[0]


def test_the_share_of_chance_estimates_without_bias() -> None:
    """Weighted by their probability, what chance drew counts the violations that were left."""
    random = np.random.default_rng(7)
    score = random.random(200)
    violates = random.random(200) < 0.2
    pool = Pool([str(i) for i in range(200)], np.zeros(200, bool))
    orders = {"a": score, "random": np.zeros(200)}
    sums, truths = [], []
    for seed in range(400):
        taken = take_in_turn(orders, pool, 40, np.random.default_rng(seed))
        first = {one.row for one in taken if one.probability is None}
        truths.append(sum(violates[i] for i in range(200) if i not in first))
        sums.append(sum(violates[t.row] / t.probability for t in taken if t.probability))
    assert np.mean(sums) == pytest.approx(np.mean(truths), rel=0.06)


def test_a_good_campaign_is_hardly_ever_stopped_and_a_poor_one_soon() -> None:
    random = np.random.default_rng(11)
    stopped = 0
    for _ in range(300):
        outcomes = (random.random(200) < 0.1).astype(int).tolist()
        stopped += any(surely_below(outcomes[:n], 0.1, 0.05) for n in range(10, 201, 10))
    assert stopped / 300 <= 0.05
    poor = (random.random(200) < 0.01).astype(int).tolist()
    assert surely_below(poor, 0.1, 0.05)


def test_an_interval_of_the_yield_covers_it_at_all_times() -> None:
    random = np.random.default_rng(13)
    missed = 0
    for _ in range(200):
        outcomes = (random.random(150) < 0.2).astype(int).tolist()
        shares = [yield_of(outcomes[:n]).share for n in range(10, 151, 10)]
        missed += any(not share.low <= 0.2 <= share.high for share in shares)
    assert missed / 200 <= 0.05
