"""A market that moves: against listings counted one by one, and how often chance accuses."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from mimawari.evaluation.validation.moving import recall_moved

Names = list[dict[str, str]]


def naive(names: Names, y: NDArray[np.bool_], order: NDArray[np.int64], k: int, part: str) -> float:
    """Say how often each listing is there in the market that has moved; count."""

    def recall(times: list[int]) -> float:
        violations = sum(n for n, violates in zip(times, y, strict=True) if violates)
        # Copies of one row stand side by side and are listed whole or not.
        reach, listed, caught = k / y.sum() * violations, 0, 0
        for row in order:
            listed += times[row]
            if listed > reach * (1 + 1e-9):
                break
            caught += times[row] * bool(y[row])
        return caught / violations

    inside = [kinds["language"] == part for kinds in names]
    n, size = len(y), sum(inside)
    # (size / n + .1) / (size / n), and the like outside, times what makes both whole numbers.
    gained, left = size + n // 10, n - size - n // 10
    moved = [gained * (n - size) if within else left * size for within in inside]
    return recall(moved) / recall([1] * n)


def market(seed: int, skill: dict[str, float], spread: float = 0.0) -> tuple[
    Names, NDArray[np.bool_], NDArray[np.int64], list[str]
]:  # fmt: skip
    """Draw a market of 100 sellers whose violations are told apart by so much, by language."""
    random = np.random.default_rng(seed)
    of_row = np.repeat(np.arange(100), 6)
    languages = random.choice(sorted(skill), 100)[of_row]
    rate = np.clip(random.normal(0.3, spread, 100), 0.05, 0.9)[of_row]
    y = random.random(600) < rate
    scores = random.normal(0, 1, 600) + y * np.array([skill[one] for one in languages])
    names = [{"language": str(one)} for one in languages]
    return names, y, np.argsort(-scores, kind="stable"), [str(s) for s in of_row]


@pytest.mark.parametrize("part", ["en", "ja", "ko"])
def test_ratios_are_those_of_counting(part: str) -> None:
    names, y, order, sellers = market(3, {"en": 2.0, "ja": 0.3, "ko": 1.0})
    k = int(y.sum())
    parts = recall_moved(names, y, order, np.ones(600), k, sellers, draws=20)
    moved = next(one for one in parts if one.name == part)
    assert moved.ratio == pytest.approx(naive(names, y, order, k, part))
    assert moved.low <= moved.high


def test_a_row_that_stands_for_many_is_as_many_rows() -> None:
    names, y, order, sellers = market(4, {"en": 2.0, "ja": 0.3})
    twice = recall_moved(names, y, order, np.full(600, 2.0), 2 * y.sum(), sellers, draws=20)
    assert twice == recall_moved(names, y, order, np.ones(600), y.sum(), sellers, draws=20)


def test_the_part_where_little_is_found_is_surely_lower_and_named() -> None:
    names, y, order, sellers = market(5, {"en": 3.0, "ja": 0.0, "ko": 3.0})
    parts = recall_moved(names, y, order, np.ones(600), y.sum(), sellers)
    assert [part.name for part in parts if part.surely_low] == ["ja"]


@pytest.mark.parametrize("spread", [0.0, 0.25])
def test_parts_that_are_alike_are_accused_in_one_market_of_twenty(spread: float) -> None:
    """Where sellers violate more or less often each, too."""
    accused = 0
    for seed in range(120):
        names, y, order, sellers = market(seed, {"en": 1.0, "ja": 1.0, "ko": 1.0}, spread)
        parts = recall_moved(names, y, order, np.ones(600), y.sum(), sellers, seed, draws=300)
        accused += any(part.surely_low or part.surely_high for part in parts)
    # 120 markets at 1 in 20: more than 12 in one of a hundred runs.
    assert accused <= 12


def test_parts_that_cannot_gain_or_are_small_are_left_out() -> None:
    names = [{"language": "en" if i < 380 else "ja", "price": "a"} for i in range(400)]
    y = np.arange(400) % 10 == 0
    sellers = [str(i % 40) for i in range(400)]
    parts = recall_moved(names, y, np.arange(400), np.ones(400), 40, sellers)
    assert [part.name for part in parts] == ["ja"], "en has .95 of the market, a all of it"
    assert recall_moved(names, np.zeros(400, bool), np.arange(400), np.ones(400), 40, sellers) == []
