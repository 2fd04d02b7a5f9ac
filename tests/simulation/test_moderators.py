from __future__ import annotations

import numpy as np
import pytest

from mimawari.errors import InvalidInputError
from mimawari.simulation.moderators import Moderator

N = 4_000


@pytest.mark.parametrize("truth", [True, False])
def test_rates_are_met(truth: bool) -> None:
    one = Moderator(0.8, 0.95, seed=1)
    said = np.mean([one.decide(f"L{i}", "weapons", truth) for i in range(N)])
    assert said == pytest.approx(0.8 if truth else 0.05, abs=0.025)


def test_same_case_same_decision_and_errors_are_independent() -> None:
    one, other = Moderator(0.7, 0.7, seed=1), Moderator(0.7, 0.7, seed=2)
    mine = np.array([one.decide(f"L{i}", "t", True) for i in range(N)])
    again = np.array([one.decide(f"L{i}", "t", True) for i in reversed(range(N))])[::-1]
    theirs = np.array([other.decide(f"L{i}", "t", True) for i in range(N)])
    elsewhere = np.array([one.decide(f"L{i}", "u", True) for i in range(N)])
    assert (mine == again).all()
    for errors in (theirs, elsewhere):
        assert np.corrcoef(mine, errors)[0, 1] == pytest.approx(0, abs=0.06)


def test_identifier_and_topic_do_not_run_together() -> None:
    one = Moderator(0.5, 0.5, seed=0)
    left = [one.decide(f"{i}a", "b", True) for i in range(200)]
    right = [one.decide(f"{i}", "ab", True) for i in range(200)]
    assert left != right


def test_wrong_rates_are_all_named() -> None:
    with pytest.raises(InvalidInputError) as told:
        Moderator(1.5, float("nan"), seed=-1)
    assert [p.field for p in told.value.problems] == ["sensitivity", "specificity", "seed"]
