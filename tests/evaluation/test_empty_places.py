"""Places that the champion's list leaves empty: they count for as much as the labels beside them.

That such a place holds no violation is known without a review. Where the labels of the items
beside it are known in part only, all empty places would outweigh them.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from mimawari.evaluation.evidence import Outcome, Rule, Step
from mimawari.evaluation.schedule import known_places, reuse_schedule
from mimawari.evaluation.trial import evaluate_backtest

EMPTY, DAYS, K, RUNS = -1, 16, 12, 150
Labels = dict[int, int]
Lists = dict[int, list[int]]


def rates_of_sellers(
    random: np.random.Generator, rate: float, correlation: float
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Give the rate of violations of 60 sellers; alike where the correlation is 0."""
    if not correlation:
        return np.full(60, rate)
    strength = 1 / correlation - 1
    return random.beta(rate * strength, (1 - rate) * strength, 60)


def promoted(seed: int, filled: float, labelled: float, correlation: float) -> bool:
    """Run a back-test of a candidate that is exactly as good, to its end.

    The candidate fills its lists with items half as often violations, of its own sellers.
    """
    random = np.random.default_rng(seed)
    n, rate = int(K * filled), 0.3
    labels: Labels = {EMPTY: 0}

    def items(day: int, rates: np.ndarray[tuple[int, ...], np.dtype[np.float64]], side: int,
              size: int) -> list[int]:  # fmt: skip
        numbers = [1_000 * day + 100 * side + place for place in range(size)]
        sellers = random.choice(len(rates), size, replace=False)
        violations = random.random(size) < rates[sellers]
        labels.update(zip(numbers, violations.astype(int).tolist(), strict=True))
        return numbers

    ours = rates_of_sellers(random, rate, correlation)
    theirs = rates_of_sellers(random, rate * filled, correlation)
    champion: Lists = {}
    candidate: Lists = {}
    for day in range(DAYS):
        listed = items(day, ours, 1, n)
        known = [item for item in listed if random.random() < labelled]
        champion[day] = known_places(known, n, [EMPTY] * (K - n), random)
        candidate[day] = items(day, theirs, 2, K)
    steps = [
        Step(step.day, labels[step.candidate], sum(labels[i] for i in step.champion),
             len(step.champion))
        for step in reuse_schedule(champion, candidate, random)
    ]  # fmt: skip
    rule = Rule(K, minimum_days=14)
    return evaluate_backtest(steps, rule, float(K), exhausted=True).outcome == Outcome.PROMOTE


@pytest.mark.parametrize(
    ("filled", "labelled", "correlation"),
    [(0.5, 0.6, 0.0), (0.25, 0.6, 0.0), (0.5, 0.6, 0.1)],
)
def test_a_candidate_no_better_is_rarely_promoted(
    filled: float, labelled: float, correlation: float
) -> None:
    promotions = sum(promoted(seed, filled, labelled, correlation) for seed in range(RUNS))
    # More than that many would come with a chance of 1 in 1,000 at a rate of alpha.
    assert promotions <= binom.ppf(0.999, RUNS, 0.05)


def test_empty_places_stand_for_the_share_that_is_known() -> None:
    random = np.random.default_rng(1)
    taken = [known_places([1, 2, 3], 5, [EMPTY] * 4, random) for _ in range(4_000)]
    counts = [places.count(EMPTY) for places in taken]
    assert set(counts) == {2, 3}
    assert np.mean(counts) == pytest.approx(3 / 5 * 4, abs=0.03)
    assert all(places[:3] == [1, 2, 3] for places in taken)


def test_a_day_without_any_label_counts_for_nothing() -> None:
    random = np.random.default_rng(2)
    assert known_places([], 5, [EMPTY] * 4, random) == []
    assert known_places([], 0, [EMPTY] * 4, random) == [EMPTY] * 4
    assert known_places([1, 2], 2, [EMPTY] * 4, random) == [1, 2, *[EMPTY] * 4]
