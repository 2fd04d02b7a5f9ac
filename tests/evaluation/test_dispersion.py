"""Dispersion of days against its formula, and what it sees."""

from __future__ import annotations

import numpy as np
import pytest

from mimawari.evaluation.dispersion import LEAST_DAYS, dispersion_trajectory


def naive(days: list[int], d: list[int]) -> float:
    mean, variance = float(np.mean(d)), float(np.var(d))
    names = sorted(set(days))
    if len(names) < LEAST_DAYS or variance < 1e-12:
        return 1.0
    total = 0.0
    for day in names:
        mine = [one for one, on in zip(d, days, strict=True) if on == day]
        total += (sum(mine) - len(mine) * mean) ** 2 / (len(mine) * variance)
    return total / (len(names) - 1)


@pytest.mark.parametrize("sorted_days", [True, False])
def test_every_prefix_is_the_formula(sorted_days: bool) -> None:
    random = np.random.default_rng(1)
    days = random.integers(-3, 9, 120)
    days = np.sort(days) if sorted_days else days
    d = random.integers(-1, 2, 120)
    found = dispersion_trajectory(days, d)
    for n in range(1, 121):
        assert found[n - 1] == pytest.approx(naive(days[:n].tolist(), d[:n].tolist()), abs=1e-9)


def test_about_one_for_equal_days_and_more_for_unequal_ones() -> None:
    random, equal, unequal = np.random.default_rng(2), [], []
    days = np.repeat(np.arange(30), 60)
    for _ in range(60):
        a = random.random(1800) < 0.15
        shift = np.repeat(random.normal(0, 0.1, 30), 60)
        equal.append(dispersion_trajectory(days, (random.random(1800) < 0.15) - 1.0 * a)[-1])
        shifted = random.random(1800) < np.clip(0.15 + shift, 0, 1)
        unequal.append(dispersion_trajectory(days, shifted - 1.0 * a)[-1])
    assert np.mean(equal) == pytest.approx(1, abs=0.1)
    assert np.mean(unequal) > 2


def test_labels_all_the_same_and_none() -> None:
    assert dispersion_trajectory(np.arange(9), np.zeros(9)).tolist() == [1.0] * 9
    assert len(dispersion_trajectory([], [])) == 0
