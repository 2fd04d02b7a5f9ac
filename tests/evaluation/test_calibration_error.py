"""The calibration error: against a plain loop, a simulation of its bias, and rare violations."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mimawari.evaluation.calibration_error import calibration_error, equal_bins


def plain(scores: np.ndarray, y: np.ndarray, weights: np.ndarray, of_row: np.ndarray) -> float:
    total = 0.0
    for b in set(of_row.tolist()):
        rows = of_row == b
        share = weights[rows].sum() / weights.sum()
        rate = (weights[rows] * y[rows]).sum() / weights[rows].sum()
        score = (weights[rows] * scores[rows]).sum() / weights[rows].sum()
        total += share * abs(rate - score)
    return total


def test_the_sum_is_that_of_a_plain_loop() -> None:
    rng = np.random.default_rng(1)
    s, w = rng.beta(0.3, 3, 500).round(2), rng.uniform(0.1, 9, 500)
    y = (rng.random(500) < s / 2).astype(np.int8)
    of_row = equal_bins(s, w, 10)
    assert calibration_error(s, y, w, 10, debias=False) == pytest.approx(plain(s, y, w, of_row))
    assert all(len(set(of_row[s == value].tolist())) == 1 for value in np.unique(s))
    assert (np.diff(of_row[np.argsort(s, kind="stable")]) >= 0).all()


def test_a_row_of_weight_three_is_three_rows() -> None:
    rng = np.random.default_rng(2)
    s, w = rng.random(200), rng.integers(1, 4, 200)
    y = (rng.random(200) < 0.3).astype(np.int8)
    thrice = calibration_error(s.repeat(w), y.repeat(w), bins=8, debias=False)
    assert calibration_error(s, y, w.astype(float), 8, debias=False) == pytest.approx(thrice)


@pytest.mark.parametrize(("shape", "n"), [((0.3, 3.0), 600), ((0.05, 5.0), 3_000)])
def test_most_of_the_bias_is_taken_off(shape: tuple[float, float], n: int) -> None:
    """Right scores have no error; of some hundred rows the plain sum says otherwise."""
    rng, found = np.random.default_rng(3), []
    for _ in range(200):
        s = rng.beta(*shape, n)
        y = (rng.random(n) < s).astype(np.int8)
        found.append([calibration_error(s, y, debias=d) for d in (False, True)])
    before, after = np.mean(found, axis=0)
    assert after < 0.62 * before


def test_an_error_that_is_there_stays() -> None:
    rng, found = np.random.default_rng(4), []
    for _ in range(200):
        s = rng.beta(0.5, 5, 1_000)
        y = (rng.random(1_000) < s / 2).astype(np.int8)
        found.append([calibration_error(s, y, debias=d) for d in (False, True)])
    right = 0.5 * 0.5 / 5.5  # half of the mean score
    plain_error, debiased = np.mean(found, axis=0)
    assert abs(debiased - right) <= abs(plain_error - right) + 1e-4
    assert debiased == pytest.approx(right, rel=0.1)


def test_of_rare_violations_the_error_is_about_their_share() -> None:
    y = (np.arange(10_000) < 30).astype(np.int8)
    assert calibration_error(np.zeros(10_000), y, debias=False) == pytest.approx(0.003)
    wrong_by_half = calibration_error(np.full(10_000, 0.0045), y, debias=False)
    assert wrong_by_half == pytest.approx(0.0015)


def test_edges() -> None:
    assert math.isnan(calibration_error(np.zeros(0), np.zeros(0, np.int8)))
    assert calibration_error(np.array([1.0]), np.array([1])) == 0.0
    assert calibration_error(np.full(5, 0.0), np.zeros(5, np.int8)) == 0.0
