"""The bench's exact calculation, against drawing many days."""

from __future__ import annotations

import numpy as np
import pytest
from bench.lifecycle.second_stage import theory
from bench.lifecycle.second_stage.market import levels


@pytest.mark.parametrize("rates", [(0.9, 0.8), (0.6, 0.99), (0.5, 0.5)])
def test_the_exact_precision_is_that_of_many_draws(rates: tuple[float, float]) -> None:
    random, own = np.random.default_rng(1), []
    for _ in range(40):
        scores = random.choice(levels(), 6_000)
        truth = random.random(6_000) < scores
        answers = random.random(6_000) < np.where(truth, rates[0], 1 - rates[1])
        own.append(theory.same_draws(scores, truth, answers, 400, 3, *rates))
    exact = theory.precision(levels(), 0.2, 400 / 6_000, *rates)
    assert exact == pytest.approx(np.mean(own), abs=4 * np.std(own) / np.sqrt(40) + 0.002)


def test_an_answer_that_says_nothing_leaves_the_first_stage() -> None:
    assert theory.precision(levels(), 0.2, 0.05, 0.5, 0.5) == pytest.approx(
        theory.first_stage(levels(), 0.05)
    )
