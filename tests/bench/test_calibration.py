"""What `bench calibration` draws: shifts that are what they say, labels as the service has them."""

from __future__ import annotations

import numpy as np
import pytest
from bench.calibration import CAPACITY, DAYS, LISTED, Part, labelled, thinned, weights


@pytest.fixture
def part() -> Part:
    rng = np.random.default_rng(1)
    scores = rng.beta(0.5, 8, 6_000)
    return Part(scores, rng.random(6_000) < scores, np.arange(6_000).astype(str))


@pytest.mark.parametrize("factor", [0.2, 5.0])
def test_both_sides_of_a_shift_agree(factor: float, part: Part) -> None:
    wanted = factor * part.y.mean()
    weight = weights(part, factor)
    assert weight @ part.y / weight.sum() == pytest.approx(wanted)
    seen = thinned(part, factor, np.random.default_rng(2)).y
    assert seen.mean() == pytest.approx(wanted, abs=4 * np.sqrt(wanted / len(seen)))


def test_labels_are_those_of_lists_and_slice(part: Part) -> None:
    labels = labelled(part, CAPACITY, np.random.default_rng(3))
    explored = labels.chance < 1
    assert (~explored).sum() == LISTED * DAYS
    assert 15 < explored.sum() < 75, "one and a half a day"
    assert labels.part.scores[~explored].min() > np.median(part.scores)
    assert labels.prevalence.low <= part.y.mean() <= labels.prevalence.high
