"""Figures by day: how often they are told wrongly, and how soon rightly."""

from __future__ import annotations

import numpy as np
import pytest

from mimawari.evaluation.drift.days import ALPHA, limits_of_day, share_of_day


def run(
    draw: np.random.Generator, shares: list[float], number: int, wander: float = 0.0
) -> list[int]:
    """Give the days on which a fall is told."""
    past: list[tuple[int, int]] = []
    evidence, told = None, []
    for day, share in enumerate(shares):
        odds = np.log(share / (1 - share)) + wander * draw.standard_normal()
        n = int(draw.poisson(number))
        hits = int(draw.binomial(n, 1 / (1 + np.exp(-odds))))
        today = share_of_day(past, hits, n, evidence)
        evidence = today.evidence
        if today.fell:
            told.append(day)
        past.append((hits, n))
    return told


@pytest.mark.parametrize(("share", "number"), [(0.6, 50), (0.9, 20), (0.2, 200)])
def test_a_share_that_stays_is_hardly_ever_told(share: float, number: int) -> None:
    draw = np.random.default_rng(number)
    days, told = 0, 0
    for _ in range(20):
        told += len(run(draw, [share] * 200, number))
        days += 200
    assert told <= days / 1_000 + 2 * np.sqrt(days / 1_000)


def test_days_that_are_off_by_a_little_are_taken_up() -> None:
    draw = np.random.default_rng(5)
    told = sum(len(run(draw, [0.6] * 200, 60, wander=0.15)) for _ in range(20))
    assert told <= 4 + 4


@pytest.mark.parametrize(("after", "within"), [(0.3, 2), (0.45, 8)])
def test_a_fall_is_told_soon(after: float, within: int) -> None:
    draw = np.random.default_rng(6)
    waits = []
    for _ in range(30):
        told = [day for day in run(draw, [0.7] * 40 + [after] * 20, 60) if day >= 40]
        waits.append(told[0] - 39 if told else 99)
    assert np.quantile(waits, 0.9) <= within


def test_a_rise_is_no_fall() -> None:
    assert run(np.random.default_rng(7), [0.4] * 40 + [0.8] * 20, 60) == []


def test_nothing_is_said_while_it_is_learnt() -> None:
    assert share_of_day([(5, 10)] * 6, 0, 100).usual is None
    assert share_of_day([(1, 2)] * 20, 0, 100).evidence is None
    assert share_of_day([(6, 10)] * 20, 0, 0).fell is False


@pytest.mark.parametrize("spread", [0.0, 0.2])
def test_numbers_as_usual_are_outside_as_seldom_as_it_says(spread: float) -> None:
    draw = np.random.default_rng(8)
    outside = 0
    for _ in range(100):
        means = 200 * np.exp(spread * draw.standard_normal(228))
        days = draw.poisson(means).tolist()
        for i in range(28, len(days)):
            limits = limits_of_day(days[:i])
            assert limits is not None
            outside += not limits.low <= days[i] <= limits.high
    # 20,000 days; log-normal days are not normal in their roots, so somewhat more than said.
    assert outside / 20_000 <= ALPHA * (1.5 if spread == 0 else 4)


def test_a_list_that_stays_empty_or_doubles_is_outside() -> None:
    limits = limits_of_day([50] * 28)
    assert limits is not None
    assert limits.low > 20
    assert limits.high < 100
