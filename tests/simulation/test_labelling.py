"""Labelling replayed on a small made-up market, where violations are rare and told by words."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from mimawari.alerts.selection import STRATEGIES
from mimawari.errors import InvalidInputError
from mimawari.listings.listing import Listing
from mimawari.simulation.labelling import (
    Corpus,
    Curve,
    Plan,
    Task,
    cut,
    labels_to_reach,
    over_seeds,
    replay,
)

WARE = ["lamp", "chair", "phone", "coat", "shoe", "book", "plate", "bike", "tent", "clock"]
LOOKS = ["old", "new", "red", "blue", "large", "small", "cheap", "fine"]
BAD = ["pistol", "rifle", "ammunition", "silencer"]
PLAN = Plan(first=10, hits=2, least=10, growth=0.3)


def market(n: int = 600, share: float = 0.06, seed: int = 0) -> tuple[list[Listing], np.ndarray]:
    random = np.random.default_rng(seed)
    y = random.random(n) < share
    listings = []
    for i in range(n):
        words = [*random.choice(LOOKS, 2), random.choice(BAD if y[i] else WARE)]
        title = " ".join([*words, random.choice(WARE)])
        listings.append(Listing(id=f"l{i}", version=1, seller_id=f"s{i % 60}", title=title))
    return listings, y


@pytest.fixture(scope="module")
def task() -> Task:
    listings, y = market()
    return cut(Corpus.of(listings), y, np.array(["pistol" in one.title for one in listings]), 0)


def test_no_seller_is_in_the_pool_and_measured_on(task: Task) -> None:
    assert not set(task.pool.sellers) & set(task.held.sellers)
    assert len(task.pool) + len(task.held) == 600
    assert task.y.sum() > 0 < task.held_y.sum()


@pytest.mark.parametrize("name", STRATEGIES)
def test_labelling_everything_ends_where_all_labels_do(task: Task, name: str) -> None:
    curve = replay(task, name, 1, Plan(first=10, hits=2, least=60, growth=1.0, members=2))
    assert curve.labels[0] == 12
    assert curve.labels[-1] == len(task.y)
    assert curve.positives[-1] == task.y.sum()
    assert list(curve.labels) == sorted(set(curve.labels))
    assert curve.auprc[-1] == pytest.approx(task.full(), abs=0.02)


def test_the_same_seed_gives_the_same_curve(task: Task) -> None:
    plan = Plan(first=10, hits=2, least=10, most=60, members=2)
    once, again = (replay(task, "disagreement", 3, plan) for _ in range(2))
    assert once == again
    assert once != replay(task, "disagreement", 4, plan)
    assert once.labels == (12, 22, 32, 42, 52, 60)


def test_strategies_begin_alike(task: Task) -> None:
    plan = Plan(first=10, hits=2, most=30)
    begins = {replay(task, name, 5, plan).auprc[0] for name in ("random", "top", "mixed")}
    assert len(begins) == 1


@pytest.mark.parametrize("name", ["top", "uncertainty", "mixed"])
def test_fewer_labels_than_at_random(task: Task, name: str) -> None:
    """The market is easy, but rare: chance needs many labels to see each word once."""
    target = 0.9 * task.full()

    def needed(way: str) -> list[float]:
        curves = [replay(task, way, seed, PLAN, target) for seed in range(3)]
        return [labels_to_reach(one, target) or len(task.y) for one in curves]

    chosen, chance = over_seeds(needed(name)).value, over_seeds(needed("random")).value
    assert chosen < 0.6 * chance


def test_a_target_ends_the_replay(task: Task) -> None:
    curve = replay(task, "top", 0, PLAN, target=0.5 * task.full())
    assert min(curve.auprc[-2:]) >= 0.5 * task.full()
    assert curve.labels[-1] < len(task.y)
    assert labels_to_reach(curve, 0.5 * task.full()) == curve.labels[-2]


def test_nothing_is_learnt_from_labels_that_are_all_alike(task: Task) -> None:
    plan = Plan(first=1, hits=0, least=1, growth=0.0, most=3)
    curve = replay(task, "top", 0, plan)
    assert curve.labels == (1, 2, 3)
    assert curve.positives == (0, 0, 0)
    assert curve.auprc == (task.held_y.mean(),) * 3


def test_weights_change_the_training_but_not_the_choice_of_the_first(task: Task) -> None:
    plans = [Plan(first=10, hits=5, most=60, weighted=one) for one in (False, True)]
    plain, weighted = (replay(task, "mixed", 0, plan) for plan in plans)
    assert plain.positives[0] == weighted.positives[0]
    assert plain.auprc != weighted.auprc


def test_a_committee_of_one_is_refused(task: Task) -> None:
    with pytest.raises(InvalidInputError, match="a committee has 2 or more"):
        replay(task, "disagreement", 0)
    with pytest.raises(InvalidInputError, match="strategy: is 'luck'"):
        replay(task, "luck", 0)


def test_reach_is_of_rounds_in_a_row() -> None:
    curve = Curve((10, 20, 30, 40), (1, 1, 1, 1), (0.9, 0.1, 0.9, 0.9))
    assert labels_to_reach(curve, 0.9) == 30
    assert labels_to_reach(curve, 0.9, hold=3) is None
    assert labels_to_reach(curve, 0.0, hold=4) == 10


def test_the_interval_is_students() -> None:
    values = [120.0, 300.0, 90.0, 500.0]
    found = over_seeds(values)
    known = ttest_1samp(np.log(values), 0).confidence_interval(0.95)
    assert math.log(found.low) == pytest.approx(known.low)
    assert math.log(found.high) == pytest.approx(known.high)
    assert math.isnan(over_seeds([3.0]).low)
    for wrong in ([], [1.0, 0.0]):
        with pytest.raises(InvalidInputError, match="values above 0"):
            over_seeds(wrong)
