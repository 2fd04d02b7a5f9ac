"""The reference's bounds hold as often as stated, for scores with and without equal ones."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.random import Generator, default_rng

from mimawari.evaluation.guards.reference import LEAST, TOP, usual

RUNS, CHANCE = 2_000, 0.1


def continuous(draw: Generator, n: int) -> np.ndarray:
    return draw.random(n)


def rounded(draw: Generator, n: int) -> np.ndarray:
    """As of a model with few leaves: a hundred values."""
    return np.floor(draw.random(n) * 100) / 100


def few(draw: Generator, n: int) -> np.ndarray:
    return np.where(draw.random(n) < 0.003, 0.9, 0.1)


SHARES = {
    continuous: lambda level: 1 - level,
    rounded: lambda level: 1 - level,
    few: lambda level: 0.003 if level > 0.5 else 1.0,
}


@pytest.mark.parametrize("scores", list(SHARES))
def test_the_bounds_hold(scores: object) -> None:
    draw, wrong = default_rng(7), 0
    for _ in range(RUNS):
        drawn = scores(draw, LEAST + 200)  # type: ignore[operator]
        reference = usual("m", drawn, CHANCE)
        assert reference is not None
        share = SHARES[scores](reference.level)  # type: ignore[index]
        wrong += not reference.low - 1e-12 <= share <= reference.high + 1e-12
    assert wrong / RUNS <= 2 / 3 * CHANCE  # two of three bounds


def test_the_missing_are_bounded() -> None:
    draw, wrong = default_rng(8), 0
    for _ in range(RUNS):
        drawn = draw.random(1_500)
        drawn[draw.random(1_500) < 0.02] = np.nan
        reference = usual("m", drawn, CHANCE)
        assert reference is not None
        wrong += reference.missing < 0.02
    assert wrong / RUNS <= CHANCE / 3 + 0.012


def test_the_level_is_what_a_small_share_reaches() -> None:
    reference = usual("m", np.arange(10_000) / 10_000, 0.001)
    assert reference is not None
    assert reference.level == pytest.approx(1 - TOP, abs=1e-3)
    assert reference.sellers == 10_000


def test_few_sellers_make_no_reference() -> None:
    assert usual("m", np.full(LEAST - 1, 0.5), 0.001) is None
    assert usual("m", np.full(5_000, np.nan), 0.001) is None
