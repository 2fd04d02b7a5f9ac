"""Recalibration: by hand, against a search of the whole plane, and where its assumptions break."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import expit, logit

from mimawari.evaluation.bootstrap import Interval
from mimawari.evaluation.calibration_error import calibration_error
from mimawari.evaluation.prevalence import estimate
from mimawari.evaluation.recalibration import (
    NONE,
    Correction,
    prior_shift,
    recalibrate,
    seller_weights,
)


def market(n: int, share: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Give labels, and the probabilities of a model that learnt where 2 % violate.

    Margins are normal, two apart, so that the log-odds of training are linear in them.
    """
    y = rng.random(n) < share
    margin = rng.normal(np.where(y, 2.0, 0.0), 1.0)
    return y.astype(np.int8), expit(2.0 * margin - 2.0 + logit(0.02))


@pytest.mark.parametrize("share", [0.004, 0.1])
def test_a_shift_of_the_prior_is_undone_exactly(share: float) -> None:
    """Bayes' rule with the new prevalence, worked out from the densities."""
    y, p = market(50_000, share, np.random.default_rng(1))
    margin = (logit(p) + 2.0 - logit(0.02)) / 2.0
    inside, outside = (np.exp(-np.square(margin - mean) / 2) for mean in (2.0, 0.0))
    right = share * inside / (share * inside + (1 - share) * outside)
    corrected = prior_shift(0.02, Interval(share, share, share)).apply(p)
    assert corrected == pytest.approx(right, rel=1e-9)
    before, after = (calibration_error(scores, y) for scores in (p, corrected))
    assert after < before / 4


def test_no_shift_where_the_interval_holds_the_prevalence_of_training() -> None:
    for trained in (None, 0.0, 1.0, 0.02):
        assert prior_shift(trained, Interval(0.01, 0.0, 0.05)) == NONE
    assert prior_shift(0.02, Interval(math.nan, 0.0, 1.0)) == NONE
    nothing = prior_shift(0.02, Interval(0.0, 0.0, 0.001))
    assert nothing.intercept == pytest.approx(logit(0.001) - logit(0.02))


def test_a_false_shift_is_as_rare_as_the_interval_says() -> None:
    """The slice's estimate, drawn again and again from a market that did not move."""
    rng, runs, moved = np.random.default_rng(2), 1_000, 0
    y, p = market(20_000, 0.02, rng)
    listed = np.argsort(-p)[:400]
    rest = np.setdiff1d(np.arange(len(p)), listed)
    chance = 60 * (0.5 / len(rest) + 0.5 * np.sqrt(p[rest]) / np.sqrt(p[rest]).sum())
    for _ in range(runs):
        drawn = rng.random(len(rest)) < chance
        share = estimate(chance[drawn], y[rest][drawn], int(y[listed].sum()), len(y)).prevalence
        moved += prior_shift(float(y.mean()), share) != NONE
    assert moved / runs <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / runs)


@pytest.mark.parametrize("n", [3, 30, 300])
def test_the_mode_is_where_a_search_finds_it(n: int) -> None:
    rng = np.random.default_rng(n)
    y, p = market(n, 0.2, rng)
    weights, start = rng.uniform(0.3, 1.0, n), Correction(0.5, 1.2)
    a, c = np.meshgrid(np.linspace(-4, 6, 401), np.linspace(-1.5, 1.5, 301), indexing="ij")
    total = np.square(a - 0.5) / 2 + np.square((c - math.log(1.2)) / 0.25) / 2
    for x, label, weight in zip(logit(p), y, weights, strict=True):
        margin = a + np.exp(c) * x
        total += weight * (np.logaddexp(0, margin) - label * margin)
    at = np.unravel_index(total.argmin(), total.shape)
    fitted = recalibrate(p, y, weights, start, (1.0, 0.25))
    assert fitted.intercept == pytest.approx(a[at], abs=0.03)
    assert math.log(fitted.slope) == pytest.approx(c[at], abs=0.02)


def test_labels_of_the_list_and_of_chance_need_no_weights() -> None:
    """Chosen by score alone, in both ways at once: the fit is that of everything."""
    rng = np.random.default_rng(3)
    y, p = market(60_000, 0.1, rng)
    tempered = np.sqrt(p) / np.sqrt(p).sum()
    chosen = (p >= np.sort(p)[-1_500]) | (rng.random(len(p)) < 2_000 * tempered)
    part, whole = recalibrate(p[chosen], y[chosen]), recalibrate(p, y)
    assert part.intercept == pytest.approx(whole.intercept, abs=0.2)
    assert part.slope == pytest.approx(whole.slope, abs=0.1)
    assert whole.intercept == pytest.approx(logit(0.1) - logit(0.02), abs=0.15)


def test_violations_that_look_different_are_followed_as_a_shift_is_not() -> None:
    """Concept drift: as many violations, but they are harder to tell."""
    rng = np.random.default_rng(4)
    y = (rng.random(40_000) < 0.02).astype(np.int8)
    p = expit(2.0 * rng.normal(np.where(y == 1, 1.0, 0.0), 1.0) - 2.0 + logit(0.02))
    assert prior_shift(0.02, Interval(0.02, 0.015, 0.025)) == NONE
    fitted = recalibrate(p[:20_000], y[:20_000]).apply(p[20_000:])
    assert calibration_error(fitted, y[20_000:]) < calibration_error(p[20_000:], y[20_000:]) / 2


def test_few_labels_leave_the_start_and_unknown_ones_do_not_count() -> None:
    start = Correction(-1.0, 0.8)
    nothing = recalibrate(np.array([np.nan, 0.4]), np.array([1, -1], np.int8), None, start)
    assert (nothing.intercept, nothing.slope) == pytest.approx((-1.0, 0.8))
    few = recalibrate(np.full(2, 0.5), np.ones(2, np.int8), None, start)
    many = recalibrate(np.full(500, 0.5), np.ones(500, np.int8), None, start)
    assert -1.0 < few.intercept < 2 < many.intercept
    assert recalibrate(np.array([0.0, 1.0]), np.array([1, 0], np.int8)).slope > 0


def test_a_seller_of_many_labels_does_not_decide_alone() -> None:
    """The assumption broken: half of the labels are one seller's, who always violates."""
    rng = np.random.default_rng(5)
    y, p = market(400, 0.02, rng)
    y[:200] = 1
    groups = ["one"] * 200 + [str(i) for i in range(200)]
    others, truth = p[200:], y[200:]
    plain = recalibrate(p, y).apply(others)
    damped = recalibrate(p, y, seller_weights(groups)).apply(others)
    assert plain.mean() > 0.3
    assert truth.mean() < damped.mean() < plain.mean() / 4


def test_the_order_of_scores_stays() -> None:
    p = np.linspace(0, 1, 1001)
    for correction in (Correction(3.0, 0.2), Correction(-5.0, 2.0)):
        assert (np.diff(correction.apply(p)) > 0).all()
    with pytest.raises(ValueError, match="slope above 0"):
        Correction(0.0, 0.0)
