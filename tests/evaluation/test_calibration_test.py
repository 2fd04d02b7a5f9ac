"""Evidence against probabilities: false alarms under daily looks, broken assumptions, power."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import expit, logit

from mimawari.evaluation.calibration_test import (
    ALPHA,
    FACTORS,
    FIRST_RESTART,
    SLOPES,
    evidence_against,
    log_evidence,
    spiegelhalter,
)

RUNS, N = 600, 300
ALARM = -math.log(ALPHA)
Arrays = tuple[np.ndarray, np.ndarray, list[str]]


def naive(p: np.ndarray, y: np.ndarray, tolerance: float) -> float:
    """E as its definition says, bet by bet and label by label."""
    begins = [0]
    while FIRST_RESTART * 2 ** (len(begins) - 1) < len(p):
        begins.append(FIRST_RESTART * 2 ** (len(begins) - 1))
    e = 1 / (len(begins) + 1)
    for factor in FACTORS:
        for slope in SLOPES:
            for side in (-1, 1):
                for k, begin in enumerate(begins):
                    wealth = 1 / ((k + 1) * (k + 2)) / (2 * len(FACTORS) * len(SLOPES))
                    for chance, label in list(zip(p, y, strict=True))[begin:]:
                        odds = chance / (1 - chance)
                        bet = odds**slope * factor**side
                        null = min(max(bet, odds / tolerance), odds * tolerance)
                        q, r = bet / (1 + bet), null / (1 + null)
                        wealth *= q / r if label else (1 - q) / (1 - r)
                    e += wealth
    return math.log(e)


@pytest.mark.parametrize("n", [1, 16, 17, 70])
def test_the_evidence_is_that_of_the_definition(n: int) -> None:
    rng = np.random.default_rng(n)
    p, y = rng.uniform(0.01, 0.9, n), rng.integers(0, 2, n).astype(np.int8)
    steps = log_evidence(p, y, [str(i) for i in range(n)])
    assert steps[-1] == pytest.approx(naive(p, y, 1.5))


def labels(case: str, rng: np.random.Generator, n: int = N) -> Arrays:
    """Give probabilities as of a list and a slice, labels and sellers, all within the null."""
    p = np.concatenate((rng.uniform(0.1, 0.9, n // 2), rng.beta(0.3, 20, n - n // 2)))
    rng.shuffle(p)
    sellers = np.arange(n)
    truth = p
    if case == "within the tolerance":
        truth = expit(logit(p) + math.log(1.5))
    if case == "clusters":  # a seller's listings score alike, and all violate or none does
        sellers = rng.integers(0, n // 10, n)
        p = rng.uniform(0.1, 0.9, n)[sellers]
        truth = (rng.random(n)[sellers] < p).astype(float)
    return p, (rng.random(n) < truth).astype(np.int8), [str(i) for i in sellers]


def alarms(case: str, apart: bool = False) -> float:
    """Share of runs with an alarm after any label; ``apart`` takes each label for a seller's."""
    rng, count = np.random.default_rng(7), 0
    for _ in range(RUNS):
        p, y, sellers = labels(case, rng)
        groups = [str(i) for i in range(N)] if apart else sellers
        count += bool(log_evidence(p, y, groups).max() >= ALARM)
    return count / RUNS


@pytest.mark.parametrize("case", ["right", "within the tolerance", "clusters"])
def test_false_alarms_are_bounded_at_all_times(case: str) -> None:
    assert alarms(case) <= ALPHA + 3 * math.sqrt(ALPHA * (1 - ALPHA) / RUNS)


def test_counting_every_label_of_a_seller_would_raise_false_alarms() -> None:
    """The negative control: what the first label alone is for."""
    assert alarms("clusters", apart=True) > 0.15


def test_looking_each_day_at_a_test_for_one_look_would_raise_them_too() -> None:
    rng, count, once = np.random.default_rng(8), 0, 0
    for _ in range(200):
        p, y, _ = labels("right", rng)
        looks = [spiegelhalter(p[:n], y[:n]) < ALPHA for n in range(20, N + 1, 10)]
        count, once = count + any(looks), once + looks[-1]
    assert once / 200 <= ALPHA + 3 * math.sqrt(ALPHA * (1 - ALPHA) / 200)
    assert count / 200 > 0.15


@pytest.mark.parametrize(("factor", "late", "n"), [(5.0, 0, 200), (0.2, 0, 200), (5.0, 200, 600)])
def test_a_market_that_moved_is_noticed(factor: float, late: int, n: int) -> None:
    rng, noticed = np.random.default_rng(9), 0
    for _ in range(100):
        p, _, sellers = labels("right", rng, n)
        moved = np.where(np.arange(n) < late, p, expit(logit(p) + math.log(factor)))
        y = (rng.random(n) < moved).astype(np.int8)
        noticed += evidence_against(p, y, sellers) == 1
    assert noticed >= 90


def test_evidence_falls_again_where_labels_speak_for_the_probabilities() -> None:
    rng = np.random.default_rng(10)
    p = rng.uniform(0.1, 0.9, 2_000)
    shown = p.copy()
    shown[:60] = expit(logit(p[:60]) - 2)
    y, sellers = (rng.random(2_000) < p).astype(np.int8), [str(i) for i in range(2_000)]
    assert evidence_against(shown[:60], y[:60], sellers[:60]) == 1
    assert evidence_against(shown, y, sellers) < 1


def test_unknown_labels_and_edges() -> None:
    assert evidence_against(np.zeros(0), np.zeros(0, np.int8), []) == 0
    assert evidence_against(np.array([np.nan, 0.5]), np.array([1, -1], np.int8), ["a", "b"]) == 0
    certain = evidence_against(np.zeros(9), np.ones(9, np.int8), [str(i) for i in range(9)])
    assert certain == 1
    assert spiegelhalter(np.array([0.0, 1.0]), np.array([0, 1])) == 1.0
