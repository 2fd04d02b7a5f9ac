"""Agreement, error rates and worth: kept libraries and naive loops as oracles, simulated truths."""

from __future__ import annotations

import math

import krippendorff
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mimawari.evaluation.agreement import agreement, cohen_kappa, krippendorff_alpha
from mimawari.evaluation.dawid_skene import error_rates
from mimawari.evaluation.worth import Advice, Costs, worth


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=30))
def test_alpha_equals_the_krippendorff_package(rows: list[tuple[int, int]]) -> None:
    votes = np.array(rows)
    mine = krippendorff_alpha(votes)
    several = votes[votes.sum(1) > 1]
    if not len(several) or (several.sum(0) > 0).sum() < 2:
        assert math.isnan(mine)
        return
    theirs = krippendorff.alpha(value_counts=several, level_of_measurement="nominal")
    assert mine == pytest.approx(theirs)


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=2, max_size=40))
def test_kappa_equals_counting(pairs: list[tuple[int, int]]) -> None:
    a, b = np.array(pairs).T
    mine = cohen_kappa(a, b)
    seen = (a == b).mean()
    chance = a.mean() * b.mean() + (1 - a.mean()) * (1 - b.mean())
    if len({*a.tolist(), *b.tolist()}) < 2:
        assert math.isnan(mine)
    else:
        assert mine == pytest.approx((seen - chance) / (1 - chance))


def test_chance_gives_none_and_perfection_one() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 2, 3_000), rng.integers(0, 2, 3_000)
    groups = [str(i % 300) for i in range(3_000)]
    told = agreement(a.tolist(), b.tolist(), groups)
    assert abs(told.kappa.value) < 0.05
    assert told.kappa.low < 0 < told.kappa.high
    same = agreement(a.tolist(), a.tolist(), groups)
    assert (same.kappa.value, same.alpha.value, same.agreed.value) == (1.0, 1.0, 1.0)


def test_the_interval_of_kappa_covers() -> None:
    rng = np.random.default_rng(1)
    runs, outside = 40, 0
    # Two moderators right nine times in ten on a coin: kappa is (.82 - .5) / .5.
    for run in range(runs):
        truth = rng.integers(0, 2, 200)
        a, b = (np.where(rng.random(200) < 0.9, truth, 1 - truth) for _ in range(2))
        told = agreement(a.tolist(), b.tolist(), [str(i) for i in range(200)], run)
        outside += not told.kappa.low <= 0.64 <= told.kappa.high
    assert outside / runs <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / runs)


def test_nothing_judged_twice() -> None:
    told = agreement([], [], [])
    assert told.cases == 0
    assert math.isnan(told.alpha.value)


def naive(votes: list[tuple[int, int, int]], cases: int, people: int) -> tuple[list[float], ...]:
    """EM in plain loops, with the prior of four in five."""
    truth = []
    for c in range(cases):
        said = [v for case, _, v in votes if case == c]
        truth.append(sum(said) / max(1, len(said)))
    for _ in range(300):
        se, sp = [], []
        for p in range(people):
            mine = [(c, v) for c, who, v in votes if who == p]
            se.append(
                (sum(truth[c] * v for c, v in mine) + 4) / (sum(truth[c] for c, _ in mine) + 5)
            )
            passes = sum((1 - truth[c]) * (1 - v) for c, v in mine)
            sp.append((passes + 4) / (sum(1 - truth[c] for c, _ in mine) + 5))
        prior = (sum(truth) + 0.5) / (cases + 1)
        for c in range(cases):
            yes, no = prior, 1 - prior
            for case, who, v in votes:
                if case == c:
                    yes *= se[who] if v else 1 - se[who]
                    no *= 1 - sp[who] if v else sp[who]
            truth[c] = yes / (yes + no)
    return se, sp, truth


@pytest.mark.parametrize("seed", range(4))
def test_error_rates_equal_plain_loops(seed: int) -> None:
    rng = np.random.default_rng(seed)
    votes = [
        (c, p, int(rng.integers(0, 2))) for c in range(8) for p in range(3) if rng.random() < 0.8
    ]
    case, who, vote = (np.array(column) for column in zip(*votes, strict=True))
    told = error_rates(case, who, vote)
    cases, people = int(case.max()) + 1, int(who.max()) + 1
    se, sp, truth = naive(votes, cases, people)
    assert told.sensitivity == pytest.approx(se, abs=1e-4)
    assert told.specificity == pytest.approx(sp, abs=1e-4)
    assert told.violates == pytest.approx(truth, abs=1e-4)


def simulate(n: int, rates: list[tuple[float, float]], prevalence: float, seed: int) -> tuple:
    rng = np.random.default_rng(seed)
    truth = rng.random(n) < prevalence
    case, who = np.repeat(np.arange(n), len(rates)), np.tile(np.arange(len(rates)), n)
    se, sp = np.array(rates).T
    right = rng.random(len(case)) < np.where(truth[case], se[who], sp[who])
    return truth, case, who, np.where(right, truth[case], ~truth[case]).astype(int)


def test_error_rates_are_recovered() -> None:
    rates = [(0.95, 0.99), (0.8, 0.95), (0.7, 0.9)]
    truth, case, who, vote = simulate(4_000, rates, 0.2, 1)
    told = error_rates(case, who, vote)
    assert told.sensitivity == pytest.approx([r[0] for r in rates], abs=0.04)
    assert told.specificity == pytest.approx([r[1] for r in rates], abs=0.03)
    assert told.prevalence == pytest.approx(0.2, abs=0.03)
    assert ((told.violates > 0.5) == truth).mean() > 0.95


def test_who_approves_everything_is_seen() -> None:
    _, case, who, vote = simulate(500, [(0.95, 0.98), (0.9, 0.97), (0.0, 1.0)], 0.3, 2)
    told = error_rates(case, who, vote)
    assert told.sensitivity[2] < 0.1
    assert told.sensitivity[0] > 0.85


def test_golden_cases_are_believed() -> None:
    """Two who are wrong together outvote one who is right, but for the golden cases."""
    case, who = np.repeat(np.arange(60), 3), np.tile(np.arange(3), 60)
    truth = np.arange(60) % 2
    vote = np.where(who == 0, truth[case], 1)
    told = error_rates(case, who, vote, np.where(np.arange(60) < 30, truth, -1))
    assert told.specificity[0] > 0.9
    assert told.specificity[1] < 0.2


def test_no_votes_give_nothing() -> None:
    none = np.zeros(0, np.int64)
    told = error_rates(none, none, none)
    assert len(told.sensitivity) == len(told.violates) == 0


def test_the_gain_covers_and_the_advice_errs_rarely() -> None:
    """Rules of precision .3 hit 400 listings; the list of 200 reviews holds 80 of them."""
    rng = np.random.default_rng(3)
    runs, outside, wrong = 1_000, 0, 0
    for _ in range(runs):
        ruled = int(rng.binomial(80, 0.3))
        caught = ruled + int(rng.binomial(120, 0.3))
        told = worth(200, caught, (80, ruled), 400, Costs(2, 10))
        outside += not told.by_rules.low <= 200 * 0.3 <= told.by_rules.high
        wrong += told.advice == Advice.KEEP  # it brings nothing: 60 against 60
    assert outside / runs <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / runs)
    assert wrong / runs <= 0.05


@pytest.mark.parametrize(
    ("args", "advice"),
    [
        ((0, 0, (0, 0), 10, Costs(0, 0)), Advice.NOT_ENOUGH),
        ((500, 200, (0, 0), 0, Costs(5, 8)), Advice.KEEP),
        ((500, 5, (100, 5), 800, Costs(5, 8)), Advice.RETIRE),
        ((500, 0, (0, 0), 0, Costs(5, 0)), Advice.RETIRE),
        ((20, 10, (4, 2), 20, Costs(1, 1)), Advice.NOT_ENOUGH),
    ],
)
def test_advice(args: tuple, advice: Advice) -> None:
    assert worth(*args).advice == advice


def test_hours_that_were_not_measured_give_no_rate() -> None:
    told = worth(10, 5, (2, 1), 5, Costs(0.0, 2.0))
    assert math.isnan(told.per_moderator_hour.value)
    assert math.isnan(told.per_compute_hour.low)
    assert told.per_upkeep_hour.value == pytest.approx(told.gain.value / 2)
