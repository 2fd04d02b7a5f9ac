from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from mimawari.errors import InvalidInputError
from mimawari.simulation.duel import Duel

CASES = [
    (1_000_000, 0.001, 0.30, 0.33, 0.3),
    (1_000_000, 0.001, 0.30, 0.33, 0.9),
    (100_000, 0.001, 0.30, 0.36, 0.7),
    (100_000, 0.0001, 0.025, 0.03, 0.7),
    (1_000_000, 0.001, 0.30, 0.30, 0.5),
]


@pytest.mark.parametrize("case", CASES)
def test_targets_are_met(case: tuple[int, float, float, float, float]) -> None:
    *_, a, b, overlap = case
    found = Duel.solve(*case).expected
    assert found.precision_a == pytest.approx(a, abs=1e-9)
    assert found.precision_b == pytest.approx(b, abs=1e-9)
    assert found.overlap == pytest.approx(overlap, abs=1e-9)
    gap = found.candidate_only - found.champion_only
    assert gap == pytest.approx((b - a) / (1 - overlap), abs=1e-8)


@pytest.mark.parametrize(
    ("case", "champion", "candidate"),
    [
        ((1_000_000, 0.001, 0.30, 0.33, 0.3), 0.194, 0.237),
        ((1_000_000, 0.001, 0.30, 0.33, 0.5), 0.170, 0.228),
        ((1_000_000, 0.001, 0.30, 0.33, 0.7), 0.144, 0.244),
        ((1_000_000, 0.001, 0.30, 0.33, 0.9), 0.070, 0.362),
        ((1_000_000, 0.001, 0.30, 0.45, 0.7), 0.043, 0.535),
        ((100_000, 0.001, 0.30, 0.33, 0.7), 0.039, 0.139),
        ((100_000, 0.0001, 0.025, 0.03, 0.7), 0.001, 0.018),
    ],
)
def test_reference_precisions_outside_the_overlap(
    case: tuple[int, float, float, float, float], champion: float, candidate: float
) -> None:
    """Values simulated from a duel solved for the mean day; ours is solved over all days."""
    found = Duel.solve(*case).expected
    assert found.champion_only == pytest.approx(champion, abs=0.007)
    assert found.candidate_only == pytest.approx(candidate, abs=0.008)


def test_a_day_without_spread_by_hand() -> None:
    """P@K and overlap from scipy's own bivariate distribution at the duel's thresholds."""
    duel = Duel.solve(10_000, 0.05, 0.6, 0.7, overlap=0.6, capacity=500, spread=0.0)
    a, b = duel.threshold(duel.shift_a), duel.threshold(duel.shift_b)
    covariance = [[1, duel.correlation], [duel.correlation, 1]]

    def tail(shift_a: float, shift_b: float) -> float:
        return float(multivariate_normal([0, 0], covariance).cdf([shift_a - a, shift_b - b]))

    both = 500 * tail(duel.shift_a, duel.shift_b)
    shared = both + 9_500 * tail(0.0, 0.0)
    assert shared == pytest.approx(0.6 * 500, rel=1e-4)
    assert (0.6 * 500 - both) / 200 == pytest.approx(duel.expected.champion_only, rel=1e-3)
    assert (0.7 * 500 - both) / 200 == pytest.approx(duel.expected.candidate_only, rel=1e-3)


def test_swapping_the_models_mirrors_everything() -> None:
    one = Duel.solve(1_000_000, 0.001, 0.30, 0.36, 0.7)
    other = Duel.solve(1_000_000, 0.001, 0.36, 0.30, 0.7)
    assert (one.shift_a, one.shift_b) == pytest.approx((other.shift_b, other.shift_a))
    assert one.correlation == pytest.approx(other.correlation)


def test_interplay_gives_the_sd_asked_for() -> None:
    duel = Duel.solve(1_000_000, 0.001, 0.30, 0.30, 0.7)
    sd = duel.interplay(0.04)
    e = sd * np.polynomial.hermite_e.hermegauss(15)[0]
    weights = np.polynomial.hermite_e.hermegauss(15)[1]
    gaps = []
    for x in e:
        found = replace(duel, shift_a=duel.shift_a - x / 2, shift_b=duel.shift_b + x / 2).expected
        gaps.append(found.candidate_only - found.champion_only)
    spread = np.sqrt(np.average(np.square(gaps), weights=weights))
    assert spread == pytest.approx(0.04, rel=0.02)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"prevalence": 0.0}, "prevalence"),
        ({"overlap": 1.0}, "overlap"),
        ({"precision_a": float("nan")}, "precision_a"),
        ({"capacity": 0}, "capacity"),
        ({"capacity": 1_000_000}, "capacity"),
        ({"spread": -0.1}, "spread"),
        ({"precision_b": 0.0001}, "precision_b"),  # worse than chance
        ({"prevalence": 0.00001}, "precision_a"),  # ten violations cannot fill 60 of 200
        ({"precision_b": 0.45, "overlap": 0.9}, "overlap"),
    ],
)
def test_what_cannot_be_is_refused(changed: dict[str, float], field: str) -> None:
    asked = {
        "listings": 1_000_000,
        "prevalence": 0.001,
        "precision_a": 0.30,
        "precision_b": 0.33,
        "overlap": 0.7,
    }
    with pytest.raises(InvalidInputError) as told:
        Duel.solve(**(asked | changed))  # type: ignore[arg-type]
    assert [p.field for p in told.value.problems] == [field]


def test_the_best_possible_overlap_is_named() -> None:
    with pytest.raises(InvalidInputError, match=r"0\.00 to 0\.85"):
        Duel.solve(1_000_000, 0.001, 0.30, 0.45, overlap=0.9)
