"""Which guard is breached, and how often one is where nothing is wrong."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.random import default_rng

from mimawari.evaluation.guards.judge import Counts, GuardName, judge
from mimawari.evaluation.guards.policy import Guards
from mimawari.evaluation.guards.reference import Reference, usual

REFERENCE = Reference(model="m", sellers=10_000, level=0.6, low=0.004, high=0.006, missing=0.001)


def breached(counts: Counts, reference: Reference | None = REFERENCE) -> list[GuardName]:
    return [s.guard for s in judge(Guards(), reference, counts) if s.breached]


def test_what_is_as_usual_breaches_nothing() -> None:
    counts = Counts(sellers=100_000, scored=99_900, missing=100, reached=500, minutes=900, slow=20)
    assert breached(counts) == []
    assert breached(Counts()) == []


@pytest.mark.parametrize(
    ("counts", "guard"),
    [
        (Counts(sellers=200, missing=200), GuardName.MISSING),
        (Counts(sellers=2_000, scored=2_000, reached=120), GuardName.MORE_ALERTS),
        (Counts(sellers=20_000, scored=20_000, reached=0), GuardName.FEWER_ALERTS),
        (Counts(minutes=8, slow=8), GuardName.SLOW),
    ],
)
def test_each_guard_sees_its_own(counts: Counts, guard: GuardName) -> None:
    assert breached(counts) == [guard]
    statement = next(s.statement for s in judge(Guards(), REFERENCE, counts) if s.guard == guard)
    assert "share of" in statement


def test_without_a_reference_the_level_is_not_judged() -> None:
    guards = [s.guard for s in judge(Guards(), None, Counts(sellers=9, scored=9, reached=9))]
    assert guards == [GuardName.MISSING, GuardName.SLOW]


def test_all_guards_together_are_wrong_as_seldom_as_stated() -> None:
    """Everything is just at its limit; two weeks of looks, a generous chance to see it by."""
    draw, guards, wrong, runs = default_rng(5), Guards(error_chance=0.05), 0, 400
    for _ in range(runs):
        drawn = draw.random(2_000)
        reference = usual("m", drawn, guards.error_chance / 2)
        assert reference is not None
        share = (1 - reference.level) * guards.alert_ratio
        steps = 100
        missing = draw.binomial(200, guards.missing, steps).cumsum()
        reached = draw.binomial(200, share, steps).cumsum()
        slow = draw.binomial(1, guards.slow_minutes, steps).cumsum()
        wrong += any(
            standing.breached
            for i in range(steps)
            for standing in judge(
                guards,
                reference,
                Counts(
                    sellers=200 * (i + 1),
                    missing=float(missing[i]),
                    scored=200 * (i + 1),
                    reached=float(reached[i]),
                    minutes=i + 1,
                    slow=int(slow[i]),
                ),
            )
        )
    assert wrong / runs <= guards.error_chance


def test_evidence_is_a_part_of_what_is_needed() -> None:
    half = judge(Guards(), None, Counts(minutes=3, slow=3))[1]
    assert 0 < half.evidence < 1
    assert half.share == 1
    assert np.isfinite(half.evidence)
