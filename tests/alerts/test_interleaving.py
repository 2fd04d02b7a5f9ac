"""What a round reviews: the capacity kept, pairs drawn fairly, every mode."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from mimawari.alerts.disagreement import Lists
from mimawari.alerts.interleaving import Mode, plan_round


def lists(shared: int, m: int) -> Lists:
    return Lists(
        tuple(range(shared)),
        tuple(range(1000, 1000 + m)),
        tuple(range(2000, 2000 + m)),
    )


@pytest.mark.parametrize("mode", [Mode.SAFE, Mode.FAST, Mode.GUARD])
@pytest.mark.parametrize("m", [0, 1, 2, 5, 30, 100, 200])
def test_pairs_match_ranks_and_the_capacity_holds(mode: Mode, m: int) -> None:
    random = np.random.default_rng(m)
    for _ in range(20):
        found = plan_round(lists(200 - m, m), 200, random, mode)
        assert all(b - a == 1000 for a, b in found.pairs)
        assert len(set(found.pairs)) == len(found.pairs)
        assert found.reviews <= 200 + (mode == Mode.SAFE and m % 2)
        assert found.reviews == len(found.shared) + 2 * len(found.pairs) + len(found.others)


def test_safe_reviews_all_that_is_shared_and_exactly_the_capacity() -> None:
    found = plan_round(lists(140, 60), 200, np.random.default_rng(0))
    assert len(found.shared) == 140
    assert (len(found.pairs), found.reviews) == (30, 200)


@pytest.mark.parametrize("m", [1, 3, 5])
def test_an_odd_pair_is_reviewed_half_of_the_time(m: int) -> None:
    random, base = np.random.default_rng(1), lists(20, m)
    sizes = [len(plan_round(base, 20 + m, random).pairs) for _ in range(2000)]
    assert set(sizes) <= {m // 2, m // 2 + 1}
    assert np.mean(sizes) == pytest.approx(m / 2, abs=0.04)


def test_every_rank_is_drawn_as_often_and_in_any_place() -> None:
    random, drawn, first = np.random.default_rng(2), Counter[int](), Counter[int]()
    for _ in range(4000):
        found = plan_round(lists(10, 10), 20, random)
        drawn.update(a for a, _ in found.pairs)
        first[found.pairs[0][0]] += 1
    assert np.array(list(drawn.values())) / 4000 == pytest.approx(np.full(10, 0.5), abs=0.04)
    assert np.array(list(first.values())) / 4000 == pytest.approx(np.full(10, 0.1), abs=0.02)


def test_fast_takes_pairs_first() -> None:
    found = plan_round(lists(140, 60), 200, np.random.default_rng(0), Mode.FAST)
    assert (len(found.pairs), len(found.shared)) == (60, 80)
    assert found.shared == tuple(range(80)), "the best ranks"
    wide = plan_round(lists(40, 160), 200, np.random.default_rng(0), Mode.FAST)
    assert (len(wide.pairs), len(wide.shared)) == (100, 0)


def test_guard_follows_the_candidate() -> None:
    found = plan_round(lists(140, 60), 200, np.random.default_rng(0), Mode.GUARD, share=0.1)
    assert len(found.pairs) == 6
    paired = {b for _, b in found.pairs}
    assert set(found.others) <= set(range(2000, 2060)) - paired
    assert found.reviews == 200


def test_split_reviews_both_halves_whole() -> None:
    found = plan_round(lists(70, 30), 200, np.random.default_rng(0), Mode.SPLIT)
    assert (len(found.shared), len(found.pairs)) == (70, 30)
    assert found.reviews <= 200


def test_the_same_seed_plans_the_same() -> None:
    one, two = (plan_round(lists(10, 9), 20, np.random.default_rng(7)) for _ in range(2))
    assert one == two


def test_lists_that_are_the_same_have_no_pairs() -> None:
    assert plan_round(lists(20, 0), 20, np.random.default_rng(0)).pairs == ()
