"""The order of a back-test's items: nothing twice, spread over days, large blocks first."""

from __future__ import annotations

from collections import Counter

import numpy as np

from mimawari.evaluation.schedule import pair_schedule, reuse_schedule

KNOWN = {day: [100 * day + i for i in range(60)] for day in range(28)}
ASKED = {day: [10_000 + 100 * day + i for i in range(60)] for day in range(28)}


def test_every_round_takes_every_day_once() -> None:
    steps = reuse_schedule(KNOWN, ASKED, np.random.default_rng(0))
    for start in range(0, 28 * 10, 28):
        assert sorted(one.day for one in steps[start : start + 28]) == list(range(28))
    assert [one.day for one in steps[:28]] != [one.day for one in steps[28:56]]


def test_nothing_is_taken_twice_and_known_labels_are_used_up() -> None:
    steps = reuse_schedule(KNOWN, ASKED, np.random.default_rng(1))
    taken = Counter(item for one in steps for item in one.champion)
    assert max(taken.values()) == 1
    assert set(taken) == {item for items in KNOWN.values() for item in items}
    assert max(Counter(one.candidate for one in steps).values()) == 1
    assert all(one.candidate in ASKED[one.day] for one in steps)
    assert all(set(one.champion) <= set(KNOWN[one.day]) for one in steps)


def test_blocks_shrink_geometrically() -> None:
    sizes = [
        len(one.champion)
        for one in reuse_schedule({0: range(60)}, {0: range(60)}, np.random.default_rng(2))
    ]
    left, expected = 60, []
    while left:
        expected.append(max(1, left // 10))
        left -= expected[-1]
    assert sizes == expected


def test_days_with_one_side_only_or_few_items() -> None:
    steps = reuse_schedule(
        {0: [1], 1: [2], 2: []}, {0: [5, 6], 2: [7], 3: [8]}, np.random.default_rng(3)
    )
    assert [(one.day, one.champion) for one in steps] == [(0, (1,))]
    assert reuse_schedule({}, {}, np.random.default_rng(3)) == []


def test_items_are_drawn_uniformly() -> None:
    random, first = np.random.default_rng(4), Counter[int]()
    for _ in range(3000):
        first[reuse_schedule({0: [1]}, {0: range(5)}, random)[0].candidate] += 1
    assert min(first.values()) > 520


def test_pairs_are_spread_over_days() -> None:
    pairs = {day: [(10 * day + i, 1000 + 10 * day + i) for i in range(4)] for day in range(5)}
    steps = pair_schedule(pairs, np.random.default_rng(5))
    assert len(steps) == 20
    assert sorted(one.day for one in steps[:5]) == list(range(5))
    assert all(one.candidate - one.champion[0] == 1000 for one in steps)
