"""Misses: by hand, coverage by simulation, and what the formulas must give at the edges."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest
from scipy.stats import chi2

from mimawari.alerts.exploration import Volume, chances, probabilities, temper
from mimawari.detectors.gbdt.weights import inverse_propensity
from mimawari.evaluation.prevalence import estimate, weighted_count_interval

RUNS = 2_000


@pytest.mark.parametrize("found", [0, 1, 5, 40])
def test_equal_weights_give_the_exact_poisson_interval(found: int) -> None:
    told = weighted_count_interval(np.full(found, 20.0), 20.0)
    low = 20 * chi2.ppf(0.025, 2 * found) / 2 if found else 0.0
    assert told.low == pytest.approx(low)
    assert told.high == pytest.approx(20 * chi2.ppf(0.975, 2 * found + 2) / 2)


def marketplace(case: str, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give truths, scores and probabilities of 20,000 listings below the floor."""
    n = 20_000
    scores = np.minimum(rng.beta(0.3, 8.0, n), 0.4)
    if case == "by score":
        y = rng.random(n) < 0.3 * scores
    elif case == "hidden":  # the model sees nothing of them
        y = rng.random(n) < 0.002
    elif case == "rare":
        y = rng.random(n) < 0.0002
    else:  # none
        y = np.zeros(n, np.bool_)
    g = temper(scores, 0.5)
    share = 60.0 if case != "rare" else 400.0
    pi = probabilities(g, share, Volume(n, float(g.sum()), float(n), float(g.sum())))
    assert pi.sum() == pytest.approx(share)
    return y, scores, pi


@pytest.mark.parametrize("case", ["by score", "hidden", "rare", "none"])
def test_the_interval_covers_and_the_estimate_is_unbiased(case: str) -> None:
    rng = np.random.default_rng(7)
    y, _, pi = marketplace(case, rng)
    truth, misses, values = int(y.sum()), 0, []
    for _ in range(RUNS):
        chosen = rng.random(len(y)) < pi
        told = estimate(pi[chosen], y[chosen].astype(np.int8), 30, len(y) + 200).missed
        misses += not told.low <= truth <= told.high
        values.append(told.value)
    error = math.sqrt(0.05 * 0.95 / RUNS)
    assert misses / RUNS <= 0.05 + 3 * error
    spread = np.std(values) / math.sqrt(RUNS)
    assert abs(np.mean(values) - truth) <= 4 * spread


def test_a_plain_wald_interval_would_fail() -> None:
    """The negative control: what the interval is for."""
    rng = np.random.default_rng(8)
    y, _, pi = marketplace("hidden", rng)
    truth, misses = int(y.sum()), 0
    for _ in range(RUNS):
        chosen = rng.random(len(y)) < pi
        w = 1 / pi[chosen & y]
        misses += abs(w.sum() - truth) > 1.96 * math.sqrt(np.square(w).sum())
    assert misses / RUNS > 0.15


def test_recall_and_prevalence_follow() -> None:
    told = estimate(np.full(100, 0.01), np.array([1] + [0] * 99, np.int8), 50, 10_100)
    assert told.missed.value == pytest.approx(100)
    assert told.recall.value == pytest.approx(50 / 150)
    assert told.recall.low == pytest.approx(50 / (50 + told.missed.high))
    assert told.recall.high == pytest.approx(50 / (50 + told.missed.low))
    assert told.prevalence.value == pytest.approx(150 / 10_100)
    assert told.recall.low <= told.recall.value <= told.recall.high


def test_unknown_labels_widen_and_do_not_count_as_negative() -> None:
    full = estimate(np.full(10, 0.1), np.array([1] * 5 + [0] * 5, np.int8), 0, 1000)
    half = estimate(np.full(20, 0.1), np.array([1] * 5 + [0] * 5 + [-1] * 10, np.int8), 0, 1000)
    assert half.missed.value == pytest.approx(2 * full.missed.value)
    assert (half.explored, half.answered, half.violating) == (20, 10, 5)
    assert msgspec.to_builtins(half)["found"] == 5, "figures that were kept name it so"


def test_nothing_explored_leaves_everything_open() -> None:
    for label in (np.zeros(0, np.int8), np.full(4, -1, np.int8)):
        told = estimate(np.full(len(label), 0.1), label, 3, 100)
        assert math.isnan(told.missed.value)
        assert (told.missed.low, told.missed.high) == (0.0, 97.0)
    assert math.isnan(estimate(np.zeros(0), np.zeros(0, np.int8), 0, 0).recall.value)


def test_more_than_there_are_listings_cannot_be_missed() -> None:
    told = estimate(np.full(3, 0.001), np.ones(3, np.int8), 10, 500)
    assert told.missed.high == 490


def test_chances_are_uniform_and_unrelated() -> None:
    ids = np.arange(1, 200_001)
    one, two = chances(b"k", "weapons", ids), chances(b"k", "drugs", ids)
    for values in (one, two, chances(b"other", "weapons", ids)):
        counts = np.bincount((values * 100).astype(int), minlength=100)
        assert chi2.sf(((counts - 2_000) ** 2 / 2_000).sum(), 99) > 1e-4
    assert abs(np.corrcoef(one, two)[0, 1]) < 0.01
    assert abs(np.corrcoef(one[1:], one[:-1])[0, 1]) < 0.01
    assert (chances(b"k", "weapons", ids) == one).all()
    assert (chances(b"k", "weapons", ids[::-1]) == one[::-1]).all()


def test_a_day_gives_what_was_asked_for_in_batches_too() -> None:
    rng = np.random.default_rng(3)
    scores = rng.beta(0.3, 8.0, 20_000)
    whole = temper(scores, 0.5)
    for factor, least, most in ((1.0, 29.9, 30.1), (2.0, 45, 51), (0.5, 14, 16)):
        usual = len(scores) / factor, float(whole.sum()) / factor
        total, seen, summed = 0.0, 0, 0.0
        for start in range(0, len(scores), 500):
            g = whole[start : start + 500]
            seen, summed = seen + len(g), summed + float(g.sum())
            total += probabilities(g, 30.0, Volume(seen, summed, *usual)).sum()
        assert least <= total <= most


def test_everything_has_a_chance() -> None:
    pi = probabilities(temper(np.array([np.nan, 0.0, 0.9]), 0.5), 1.0, Volume(3, 1.0, 1e6, 10.0))
    assert (pi > 0).all()


def test_weights_are_unbiased_untrimmed_and_tame_when_trimmed() -> None:
    rng = np.random.default_rng(5)
    pi = np.concatenate((np.ones(400), np.full(12, 12 / 50_000)))
    weight = inverse_propensity(pi, 0.0)
    assert weight[-1] / weight[0] == pytest.approx(50_000 / 12)
    for chance in (pi, rng.random(300) ** 4 + 1e-9):
        weight = inverse_propensity(chance)
        assert weight.mean() == pytest.approx(1.0)
        assert weight.sum() ** 2 / np.square(weight).sum() >= 0.5 * len(chance) - 1e-6
        assert (np.diff(weight[np.argsort(chance)]) <= 1e-12).all(), "rarer is never lighter"
    assert len(inverse_propensity(np.zeros(0))) == 0
