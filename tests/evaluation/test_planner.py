"""The planner against the reference designs, the test itself, and impossible wishes."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from mimawari.errors import InvalidInputError
from mimawari.evaluation.blocks import GRID, RARE_GRID
from mimawari.evaluation.mcnemar import mcnemar_trajectory
from mimawari.evaluation.planner import Inputs, plan
from mimawari.evaluation.power import Power, pair_power, stopping_distribution

USUAL = Inputs(200, 60, 0.144, precision=0.3)


def test_the_reference_case() -> None:
    """P@200 .30 to .33 at 70 %: medians and 80 % within a tenth of the reference."""
    found = plan(USUAL)
    safe, reuse = found.design("safe"), found.design("reuse")
    assert (safe.bound, reuse.bound) == pytest.approx((374.3, 86.2), abs=0.1)
    assert (safe.reviews, safe.most_reviews) == pytest.approx((363, 666), rel=0.1)
    assert (reuse.reviews, reuse.most_reviews) == pytest.approx((112, 220), rel=0.12)
    assert (safe.most_days, found.design("fast").most_days) == (12, 6)
    assert found.design("split").most_days == pytest.approx(28, abs=2)
    assert found.decidable
    assert found.designs[0].name == "reuse"


@pytest.mark.parametrize(
    ("differing", "p_a", "p80"), [(100, 0.170, 2106), (20, 0.070, 102), (140, 0.194, 4195)]
)
def test_other_overlaps(differing: int, p_a: float, p80: float) -> None:
    found = plan(replace(USUAL, differing=differing, p_a=p_a)).design("safe")
    assert found.most_reviews == pytest.approx(p80, rel=0.21)


def test_power_of_pairs_is_that_of_the_test_itself() -> None:
    random, power = np.random.default_rng(2), pair_power(0.1, 0.3, np.log(20), GRID)
    ends = []
    for _ in range(1500):
        a, b = random.random(600) < 0.1, random.random(600) < 0.3
        over = mcnemar_trajectory(a, b)[0] >= np.log(20)
        ends.append(2 * (over.argmax() + 1) if over.any() else math.inf)
    for reviews in (60, 120, 200, 300):
        at = int(np.searchsorted(power.reviews, reviews))
        share = np.mean(np.array(ends) <= power.reviews[at])
        assert share == pytest.approx(power.chance[at], abs=0.045)


def test_stopping_distribution_by_hand() -> None:
    """One bet of q = .9 and a limit of 3: two wins, or five wins and one loss among the first."""
    found = stopping_distribution(0.9, np.log(3), [float(np.log(9))], 6)
    assert found.tolist() == pytest.approx([0, 0.81, 0, 0, 0, 2 * 0.9**5 * 0.1])


def test_a_curve_rises_and_stays_short() -> None:
    curve = plan(USUAL).design("fast").curve
    chances = [chance for _, chance in curve]
    assert chances == sorted(chances)
    assert len(curve) <= 60
    assert chances[-1] >= 0.98
    assert Power(np.array([1.0]), np.array([0.1])).reviews_for(0.5) == math.inf


def test_dispersion_raises_the_cost() -> None:
    usual, spread = plan(USUAL), plan(replace(USUAL, dispersion=1.5))
    assert spread.design("safe").most_reviews > 1.2 * usual.design("safe").most_reviews


def test_what_cannot_be_decided_in_time_is_said() -> None:
    found = plan(Inputs(20, 2, 0.1, precision=0.1, gain=0.003))
    assert not found.decidable
    assert found.statement.startswith("Not decidable within 8 weeks")


@pytest.mark.parametrize(("differing", "told"), [(0, "the same"), (4, "cannot gain 0.03")])
def test_what_can_never_be_decided_is_said(differing: int, told: str) -> None:
    found = plan(replace(USUAL, differing=differing))
    assert not found.decidable
    assert told in found.statement
    assert found.designs == ()


def test_no_violations_so_far() -> None:
    found = plan(replace(USUAL, p_a=0.0, precision=0.025, gain=0.005))
    assert found.decidable
    assert all(one.most_reviews > 0 for one in found.designs)
    assert RARE_GRID[-1] > GRID[-1]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("capacity", 0),
        ("differing", 201),
        ("differing", -1),
        ("p_a", 1.0),
        ("precision", -0.1),
        ("gain", 0.0),
        ("alpha", 0.0),
        ("beta", 1.0),
        ("listings", 150),
        ("window_days", 0),
        ("reviews_per_day", 0),
        ("dispersion", 0.5),
        ("most_weeks", 0),
        ("minimum_days", 0),
    ],
)
def test_bad_input_is_named(field: str, value: float) -> None:
    named = "capacity" if field == "listings" else field
    with pytest.raises(InvalidInputError, match=named):
        replace(USUAL, **{field: value})
