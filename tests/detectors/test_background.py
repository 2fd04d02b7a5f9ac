"""Backgrounds: what they are, beside a plain reference, and what they make comparable."""

from __future__ import annotations

import numpy as np
import pytest

from mimawari.detectors.background import comparable, fit_background, standard
from mimawari.detectors.gbdt.folds import grouped_folds
from mimawari.detectors.platt import Scale
from mimawari.records.background import Background

N = 300


def plain_background(margin: np.ndarray, y: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    """Write every row out as often as it counts, and take mean and standard deviation."""
    margins = [
        m
        for m, violates, times in zip(margin, y, weight, strict=True)
        for _ in range(int(times))
        if not violates and not np.isnan(m)
    ]
    mean = sum(margins) / len(margins)
    return mean, (sum((m - mean) ** 2 for m in margins) / len(margins)) ** 0.5


@pytest.mark.parametrize("seed", range(5))
def test_it_is_mean_and_spread_of_what_does_not_violate(seed: int) -> None:
    random = np.random.default_rng(seed)
    y, weight = random.random(N) < 0.2, random.integers(1, 5, N).astype(float)
    margin = 3 * y + random.normal(-2, 1.5, N)
    margin[random.random(N) < 0.1] = np.nan
    background = fit_background(margin, y, weight)
    assert (background.mean, background.spread) == pytest.approx(
        plain_background(margin, y, weight)
    )


def test_what_violates_does_not_move_it() -> None:
    random = np.random.default_rng(6)
    y, margin = np.arange(N) < 40, random.normal(size=N)
    before = fit_background(margin, y, np.ones(N))
    margin[y] += 1000
    assert fit_background(margin, y, np.ones(N)) == before


def test_one_margin_for_all_has_no_scale() -> None:
    margin = np.full(N, -4.0)
    background = fit_background(margin, np.arange(N) < 3, np.ones(N))
    assert background == Background(-4.0, 1.0)
    assert np.isfinite(standard(margin, background)).all()


@pytest.mark.parametrize(("slope", "offset"), [(0.01, 7.0), (40.0, -300.0)])
def test_models_that_say_the_same_in_other_units_are_told_alike(
    slope: float, offset: float
) -> None:
    random = np.random.default_rng(7)
    y, ones = random.random(N) < 0.2, np.ones(N)
    folds = list(grouped_folds(y, np.arange(N).astype(str)))
    same = 2 * y + random.normal(size=N)
    other = same.copy()
    other[folds[0][1]] = slope * same[folds[0][1]] + offset
    of_same = fit_background(same, y, ones)
    of_other = fit_background(slope * same + offset, y, ones)
    alike = comparable(same, folds, [of_same] * 5)
    assert comparable(other, folds, [of_other, *[of_same] * 4]) == pytest.approx(alike)


def test_a_model_without_one_is_an_error() -> None:
    folds = [(np.array([0]), np.array([1]))]
    with pytest.raises(ValueError, match="does not state its background"):
        comparable(np.zeros(2), folds, [None])


@pytest.mark.parametrize("highest", [None, 2.5])
def test_a_line_of_deviations_is_one_of_margins(highest: float | None) -> None:
    margin, background = np.linspace(-30, 30, 61), Background(-4.0, 2.5)
    of_deviations = Scale(1.7, -3.0, highest)
    expected = of_deviations.log_odds(standard(margin, background))
    of_margins = of_deviations.of_margins(background)
    assert of_margins.log_odds(margin) == pytest.approx(expected)
    assert of_margins.most == pytest.approx(of_deviations.most)
