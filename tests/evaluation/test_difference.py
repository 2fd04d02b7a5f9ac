"""The confidence sequence and the futility evidence against plain readings and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mimawari.evaluation import difference_interval
from mimawari.evaluation.difference import FRACTIONS, log_capital
from mimawari.evaluation.futility import BETS, Futility, futility_trajectory

COUNTS = [
    (0, 1, 0),
    (1, 0, 0),
    (0, 0, 5),
    (60, 120, 20),
    (3, 900, 1),
    (0, 500, 0),
    (122, 411, 67),
    (200, 0, 0),
    (40, 2, 41),
    (1500, 7000, 1400),
    (12.5, 60.25, 7.25),
    (0, 3, 80),
]


def capital(mean: float, wins: float, ties: float, losses: float) -> float:
    total = 0.0
    for f in FRACTIONS:
        for sign, bet in ((1, f / (1 + mean)), (-1, f / (1 - mean))):
            total += math.exp(
                wins * math.log(1 + sign * bet * (1 - mean))
                + ties * math.log(1 - sign * bet * mean)
                + losses * math.log(1 - sign * bet * (1 + mean))
            )
    return total / 40


@pytest.mark.parametrize("counts", COUNTS, ids=str)
@pytest.mark.parametrize("alpha", [0.05, 0.2])
def test_interval_is_the_brute_force_inversion(
    counts: tuple[float, float, float], alpha: float
) -> None:
    means = np.arange(-999, 1000) / 1000
    kept = [m for m in means if log_capital(m, *counts) < math.log(1 / alpha)]
    low, high = difference_interval(*counts, alpha)
    assert low == pytest.approx(max(-1, kept[0] - 0.001), abs=1e-9)
    assert high == pytest.approx(min(1, kept[-1] + 0.001), abs=1e-9)
    assert len(kept) == round((kept[-1] - kept[0]) * 1000) + 1, "no hole between"


@pytest.mark.parametrize("mean", [-0.9, -0.3, 0.0, 0.4, 0.95])
def test_capital_as_written(mean: float) -> None:
    assert log_capital(mean, 6, 20, 4) == pytest.approx(math.log(capital(mean, 6, 20, 4)))


@pytest.mark.parametrize("mean", [-0.4, 0.0, 0.1, 0.4])
def test_capital_expects_one_where_the_mean_is_true(mean: float) -> None:
    win, loss = 0.3 + mean / 2, 0.3 - mean / 2
    chances = ((1, 0, 0), win), ((0, 1, 0), 0.4), ((0, 0, 1), loss)
    total = sum(p * math.exp(log_capital(mean, *counts)) for counts, p in chances)
    assert total == pytest.approx(1)


def test_swapping_the_models_mirrors_the_interval() -> None:
    low, high = difference_interval(60, 120, 20)
    assert difference_interval(20, 120, 60) == pytest.approx((-high, -low))


def test_the_reference_interval_at_600_pairs() -> None:
    """[.021, .163], where betting on (d + 1) / 2 gives [.026, .162]: mean .092, 168 discordant."""
    assert difference_interval(111, 433, 56) == pytest.approx((0.021, 0.163), abs=0.0011)


@pytest.mark.parametrize("counts", [(-1, 0, 0, 0.05), (1, 1, 1, 0.0), (1, 1, 1, 1.0)])
def test_bad_counts_and_levels(counts: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValueError, match="counts are 0 or more"):
        difference_interval(*counts)


@pytest.mark.parametrize(("p_a", "p_b"), [(0.18, 0.18), (0.144, 0.244), (0.0012, 0.018)])
def test_it_covers_at_all_times_at_once(p_a: float, p_b: float) -> None:
    random, runs, missed = np.random.default_rng(3), 600, 0
    for _ in range(runs):
        d = np.cumsum((random.random(1000) < p_b).astype(int) - (random.random(1000) < p_a))
        size = np.cumsum(np.abs(np.diff(np.concatenate(([0], d)))))
        n = np.arange(1, 1001)
        wins, losses = (size + d) / 2, (size - d) / 2
        up, down = FRACTIONS / (1 + p_b - p_a), FRACTIONS / (1 - p_b + p_a)
        mean, paths = p_b - p_a, []
        for sign, bet in ((1, up), (-1, down)):
            paths.append(
                np.outer(np.log1p(sign * bet * (1 - mean)), wins)
                + np.outer(np.log1p(-sign * bet * mean), n - size)
                + np.outer(np.log1p(-sign * bet * (1 + mean)), losses)
            )
        missed += bool((np.exp(np.concatenate(paths)).mean(axis=0) >= 20).any())
    assert missed / runs <= 0.05


def test_futility_class_fold_and_running_products_agree() -> None:
    d = np.random.default_rng(4).integers(-1, 2, 150) - 0.0
    d[::7] = 0.3
    log_f, process, wealth = futility_trajectory(d, 0.1), Futility(0.1), np.ones(len(BETS))
    for i, one in enumerate(d):
        process.update(float(one))
        wealth *= 1 + np.array(BETS) * (0.1 - one) / 0.9
        assert process.log_f == pytest.approx(log_f[i], abs=1e-9)
        assert wealth.mean() == pytest.approx(np.exp(log_f[i]))
    assert len(futility_trajectory([], 0.1)) == 0


def test_a_candidate_that_is_better_by_the_smallest_gain_is_seldom_rejected() -> None:
    random, runs = np.random.default_rng(6), 1000
    rejected = 0
    for _ in range(runs):
        d = (random.random(800) < 0.244).astype(float) - (random.random(800) < 0.144)
        rejected += bool((futility_trajectory(d, 0.1) >= np.log(10)).any())
    assert rejected / runs <= 0.1
