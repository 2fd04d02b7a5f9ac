"""Published and independent values: statsmodels, savvi, ppi-python, safestats, exact sums."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from ppi_py import ppi_mean_ci
from savvi.multinomial import Multinomial
from scipy.special import betaln
from scipy.stats import norm
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import samplesize_proportions_2indep_onetail

from mimawari.evaluation import McNemarEProcess, block_factor, information
from mimawari.evaluation.checks import ratio_log_e
from mimawari.evaluation.evidence import Rule, Step
from mimawari.evaluation.information import kl, lower_bound
from mimawari.evaluation.mcnemar import (
    beta_binomial_log_e,
    calibrated_threshold,
    crossing_probability,
)
from mimawari.evaluation.multiple import e_bh
from mimawari.evaluation.split import evaluate_split, reviews_each


@pytest.mark.parametrize(
    ("n", "least"),
    [(10, 10), (20, 17), (50, 35), (100, 64), (200, 120), (400, 230), (1000, 549)],
)
def test_the_least_wins_that_reach_twenty(n: int, least: int) -> None:
    assert beta_binomial_log_e(least, n) >= np.log(20) > beta_binomial_log_e(least - 1, n)


@pytest.mark.parametrize(
    ("w", "n", "log_e"), [(32, 50, 1.418969), (35, 50, 3.229712), (64, 100, 3.104844)]
)
def test_the_closed_form(w: int, n: int, log_e: float) -> None:
    assert beta_binomial_log_e(w, n) == pytest.approx(log_e, abs=1e-6)


@pytest.mark.parametrize(("n_max", "chance"), [(400, 0.031665), (1500, 0.037709)])
def test_the_exact_chance_of_fair_coins_to_reach_twenty(n_max: int, chance: float) -> None:
    assert crossing_probability(n_max, np.log(20)) == pytest.approx(chance, abs=1e-6)


@pytest.mark.parametrize(
    ("n_max", "threshold", "chance"),
    [
        (100, 9.7556, 0.049400),
        (240, 11.8209, 0.049804),
        (740, 14.4556, 0.049998),
        (1536, 15.2026, 0.049981),
    ],
)
def test_calibrated_thresholds(n_max: int, threshold: float, chance: float) -> None:
    found = calibrated_threshold(n_max, 0.05)
    assert found == pytest.approx(threshold, abs=1.5e-4)
    assert crossing_probability(n_max, np.log(found)) == pytest.approx(chance, abs=1e-6)
    assert crossing_probability(n_max, np.log(found * (1 - 1e-6))) > 0.05


def test_the_chance_of_crossing_by_counting_every_sequence() -> None:
    crossed = sum(
        any(beta_binomial_log_e(sum(coins[:n]), n) >= np.log(1.8) for n in range(1, 11))
        for coins in itertools.product((0, 1), repeat=10)
    )
    assert crossing_probability(10, np.log(1.8)) == pytest.approx(crossed / 2**10, abs=1e-12)


@pytest.mark.parametrize(("wins", "losses"), [(35, 15), (0, 0), (3, 90)])
def test_two_sided_mixture_is_savvi_s(wins: int, losses: int) -> None:
    oracle = Multinomial(0.05, np.array([0.5, 0.5]), k=10)
    if wins + losses:
        oracle.update(np.array([wins, losses]))
    ours = ratio_log_e([wins, losses], [0.5, 0.5], strength=10)
    assert ours == pytest.approx(np.log(oracle.odds), abs=1e-9)
    closed = (wins + losses) * np.log(2) + betaln(5 + wins, 5 + losses) - betaln(5, 5)
    assert ours == pytest.approx(closed, abs=1e-9)


def test_the_stated_two_sided_value() -> None:
    found = [ratio_log_e([w, 100 - w], [0.5, 0.5], strength=10) for w in range(101)]
    assert np.min(np.abs(np.array(found) - found[::-1])) == 0
    # A fair-coin expectation of exactly one, over all that can come out.
    weights = np.exp([_log_binomial(100, w) - 100 * np.log(2) for w in range(101)])
    assert float(weights @ np.exp(found)) == pytest.approx(1, abs=1e-9)


def _log_binomial(n: int, k: int) -> float:
    return float(-np.log(n + 1) - betaln(n - k + 1, k + 1))


def test_information_and_bounds() -> None:
    found = information(0.144, 0.244)
    assert found.rho == pytest.approx(0.317728, abs=1e-6)
    assert found.q == pytest.approx(0.657367, abs=1e-6)
    assert found.pair == pytest.approx(0.008004, abs=1e-6)
    assert found.two_sample == pytest.approx(0.008077, abs=1e-6)
    assert found.reuse == pytest.approx(0.034757, abs=1e-6)
    bounds = [lower_bound(i, 0.05) for i in (found.pair, found.two_sample, found.reuse)]
    assert bounds == pytest.approx([374.3, 370.9, 86.2], abs=0.06)


def test_two_sample_information_by_brute_force() -> None:
    w = np.linspace(0, 1, 100_001)
    p = w * 0.144 + (1 - w) * 0.244
    values = [
        a * kl(0.144, x) + (1 - a) * kl(0.244, x) for a, x in zip(w[::50], p[::50], strict=True)
    ]
    assert information(0.144, 0.244).two_sample == pytest.approx(max(values), abs=1e-9)
    assert w[::50][int(np.argmax(values))] == pytest.approx(0.516, abs=1e-3)


@pytest.mark.parametrize(("p_a", "p_b"), [(0, 0), (1, 1), (0.3, 0.3), (0, 1), (1, 0), (0, 0.2)])
def test_information_at_the_edges(p_a: float, p_b: float) -> None:
    found = information(p_a, p_b)
    assert found.pair >= 0
    assert found.two_sample >= 0
    assert (found.reuse == 0) == (p_a == p_b)


def test_the_bound_with_power() -> None:
    nats = kl(0.657, 0.5)
    assert lower_bound(nats, 0.05, 0.2) == pytest.approx(38.0, abs=0.1)
    assert lower_bound(nats, 0.05) == pytest.approx(59.7, abs=0.1)


def test_a_point_bet_takes_little_more_than_the_bound() -> None:
    """The sequential probability ratio test at q = .65: 68.19 expected, bound 65.55, P0 .0444."""
    win, loss = np.log(2 * 0.65), np.log(2 * 0.35)

    def run(q: float) -> tuple[float, float]:
        left, crossed, expected = np.array([1.0]), 0.0, 0.0
        for n in range(1, 1200):
            expected += float(left.sum())
            left = q * np.append(0.0, left) + (1 - q) * np.append(left, 0.0)
            over = np.arange(n + 1) * win + (n - np.arange(n + 1)) * loss >= np.log(20)
            crossed += float(left[over].sum())
            left[over] = 0
        return crossed, expected

    assert run(0.65)[1] == pytest.approx(68.19, abs=0.01)
    assert lower_bound(kl(0.65, 0.5), 0.05) == pytest.approx(65.55, abs=0.01)
    assert run(0.5)[0] == pytest.approx(0.0444, abs=1e-4)


def test_a_point_bet_is_the_class_with_a_grid_of_one() -> None:
    process = McNemarEProcess(grid=[np.log(0.65 / 0.35)])
    for _ in range(3):
        process.update(0, 1)
    process.update(1, 0)
    assert process.e_value == pytest.approx(1.3**3 * 0.7)


@pytest.mark.parametrize(
    ("alpha", "ours", "theirs"), [(0.05, 2961.4, 2963.5), (0.025, 3759.6, 3762.4)]
)
def test_plan_of_the_split(alpha: float, ours: float, theirs: float) -> None:
    assert reviews_each(0.30, 0.33, alpha) == pytest.approx(ours, abs=0.06)
    oracle = samplesize_proportions_2indep_onetail(
        0.03, 0.30, 0.8, alpha=alpha, alternative="larger"
    )
    assert oracle == pytest.approx(theirs, abs=0.06)
    assert reviews_each(0.30, 0.33, alpha) == pytest.approx(oracle, rel=2e-3)


def test_the_fixed_test_is_mcnemar_s_exact_one() -> None:
    two_sided = mcnemar([[0, 35], [15, 0]], exact=True).pvalue
    assert two_sided == pytest.approx(0.006600447966810918, rel=1e-12)
    steps = [Step(0, 1, 0)] * 35 + [Step(0, 0, 1)] * 15
    found = evaluate_split(steps, Rule(100), 50, exhausted=True)
    assert f"p = {two_sided / 2:.3g}" in found.statement


def test_prediction_powered_mean_with_full_weight_is_its_closed_form() -> None:
    random = np.random.default_rng(4)
    y, f, g = random.normal(size=200), random.normal(size=200), random.normal(size=5000)
    low, high = ppi_mean_ci(y, f, g, alpha=0.1, lam=1)
    centre = g.mean() + (y - f).mean()
    half = norm.ppf(0.95) * np.sqrt(g.var() / len(g) + (y - f).var() / len(y))
    assert (low.item(), high.item()) == pytest.approx((centre - half, centre + half), abs=1e-8)


def test_e_bh() -> None:
    assert e_bh([100, 40, 20, 5, 1], 0.05) == [0]
    assert e_bh([5, 50, 50, 1, 1]) == [1, 2]
    assert e_bh([]) == []
    assert e_bh([1, 2, 3]) == []


def test_e_bh_holds_the_false_discovery_rate() -> None:
    """20 topics, 12 of them null: exact e-values of Gaussian bets, dependent through one draw."""
    random, wrong = np.random.default_rng(3), []
    null = np.arange(20) < 12
    for _ in range(2000):
        z = random.normal() * 0.6 + random.normal(size=20) * 0.8 + np.where(null, 0, 4)
        chosen = e_bh(np.exp(3 * z - 4.5).tolist())
        wrong.append(null[chosen].mean() if chosen else 0.0)
    assert np.mean(wrong) < 0.05


def test_two_sided_plug_in_bets_take_what_safestats_plans() -> None:
    """95 +- 5 blocks of 1:1 for a difference of .3 at power .8, worst rates; stop at 56.03."""
    random, n, runs, start = np.random.default_rng(1), 300, 3000, 0.18
    quantiles, stops = [], []
    for p_a in (0.3, 0.35, 0.4):
        a = random.random((n, runs)) < p_a
        b = random.random((n, runs)) < p_a + 0.3
        seen = np.arange(n)[:, None] + 2 * start
        t_a = (start + np.cumsum(a, 0) - a) / seen
        t_b = (start + np.cumsum(b, 0) - b) / seen
        p = (t_a + t_b) / 2
        logs = np.log(np.where(a, t_a / p, (1 - t_a) / (1 - p)))
        logs += np.log(np.where(b, t_b / p, (1 - t_b) / (1 - p)))
        assert np.exp(logs[7, 5]) == pytest.approx(
            block_factor(int(a[7, 5]), 1, int(b[7, 5]), t_a[7, 5], t_b[7, 5])
        )
        over = np.cumsum(logs, 0) >= np.log(20)
        stop = np.where(over.any(0), over.argmax(0) + 1, n)
        quantiles.append(np.quantile(stop, 0.8))
        stops.append(np.minimum(stop, quantiles[-1]).mean())
    assert quantiles[1] == pytest.approx(95, abs=5)
    assert stops[1] == pytest.approx(56.03, abs=2.5)
