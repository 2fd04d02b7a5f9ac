"""Evidence beyond a limit: against a naive reference, and how often it is wrong."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.random import default_rng

from mimawari.evaluation.guards.evidence import FACTORS, above, below

LOOKS, RUNS = 60, 2_000


def naive(draws: list[float], limit: float, factors: tuple[float, ...]) -> float:
    """Multiply draw by draw, bet by bet."""
    products = []
    for factor in factors:
        odds = limit / (1 - limit) * factor
        bet, product = odds / (1 + odds), 1.0
        for x in draws:
            product *= (bet / limit) ** x * ((1 - bet) / (1 - limit)) ** (1 - x)
        products.append(product)
    return sum(products) / len(products)


@given(st.lists(st.sampled_from([0.0, 0.25, 1.0]), max_size=30), st.floats(0.001, 0.9))
def test_it_is_the_product_of_all_draws(draws: list[float], limit: float) -> None:
    hits, of = sum(draws), len(draws)
    assert above(hits, of, limit) == pytest.approx(math.log(naive(draws, limit, FACTORS)))
    inverse = tuple(1 / factor for factor in FACTORS)
    assert below(hits, of, limit) == pytest.approx(math.log(naive(draws, limit, inverse)))


@pytest.mark.parametrize("limit", [0.002, 0.1])
def test_looked_at_always_it_is_wrong_as_seldom_as_stated(limit: float) -> None:
    """The share is just at the limit; each run is looked at after every 50 draws."""
    draw, alpha = default_rng(11), 0.05
    counts = draw.binomial(50, limit, (RUNS, LOOKS)).cumsum(axis=1)
    drawn = 50 * np.arange(1, LOOKS + 1)
    for evidence in (above, below):
        wrong = [
            any(
                evidence(hits, of, limit) >= math.log(1 / alpha)
                for hits, of in zip(run.tolist(), drawn.tolist(), strict=True)
            )
            for run in counts
        ]
        assert np.mean(wrong) <= alpha + 3 * math.sqrt(alpha * (1 - alpha) / RUNS)


def test_draws_that_count_in_part_are_no_more_often_wrong() -> None:
    draw, alpha, limit = default_rng(12), 0.05, 0.1
    shares = draw.beta(0.5, 4.5, (500, LOOKS, 20))  # of a seller's listings; the mean is .1
    counts = shares.sum(axis=2).cumsum(axis=1)
    wrong = [
        any(above(hits, 20 * (i + 1), limit) >= math.log(1 / alpha) for i, hits in enumerate(run))
        for run in counts.tolist()
    ]
    assert np.mean(wrong) <= alpha


def test_sellers_who_move_together_make_it_wrong_more_often() -> None:
    """What the promise does not cover: 20 draws a look that are all the same."""
    draw, alpha, limit = default_rng(13), 0.05, 0.1
    hits = 20 * (draw.random((500, LOOKS)) < limit).cumsum(axis=1)
    wrong = [
        any(above(x, 20 * (i + 1), limit) >= math.log(1 / alpha) for i, x in enumerate(run))
        for run in hits.tolist()
    ]
    assert np.mean(wrong) > 0.3


def test_a_share_of_many_times_the_limit_is_seen_soon() -> None:
    draw, limit = default_rng(14), 0.003
    needed = math.log(8 / 0.001)
    seen = []
    for _ in range(100):
        hits = (draw.random(20_000) < 10 / 3 * limit).cumsum()
        seen.append(
            next(n for n in range(50, 20_000, 50) if above(float(hits[n]), n, limit) > needed)
        )
    assert np.mean(seen) < 4_000


@pytest.mark.parametrize("limit", [0.0, 1.0, -0.5, 2.0])
def test_a_limit_that_nothing_can_be_beyond_says_nothing(limit: float) -> None:
    assert above(5, 5, limit) == below(0, 5, limit) == 0
