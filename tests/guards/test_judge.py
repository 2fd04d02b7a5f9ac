"""Which guard is breached, and how often one is where nothing is wrong."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.random import default_rng

from mimawari.evaluation.guards.judge import Counts, GuardName, judge, most_at_level, most_missing
from mimawari.evaluation.guards.policy import Guards
from mimawari.evaluation.guards.reference import Reference, usual

REFERENCE = Reference(model="m", sellers=10_000, level=0.6, low=0.004, high=0.006, missing=0.001)


def breached(counts: Counts, reference: Reference | None = REFERENCE) -> list[GuardName]:
    return [s.guard for s in judge(Guards(), reference, counts) if s.breached]


def test_what_is_as_usual_breaches_nothing() -> None:
    usual_counts = Counts(sellers=100_000, scored=99_900, reached=500, minutes=900, failing=20)
    assert breached(usual_counts) == []
    assert breached(Counts()) == []


@pytest.mark.parametrize(
    ("counts", "guard"),
    [
        (Counts(minutes=6, failing=6), GuardName.MISSING),
        (Counts(minutes=6, many=6), GuardName.MORE_ALERTS),
        (Counts(sellers=20_000, scored=20_000, reached=0), GuardName.FEWER_ALERTS),
        (Counts(timed=6, slow=6), GuardName.SLOW),
    ],
)
def test_each_guard_sees_its_own(counts: Counts, guard: GuardName) -> None:
    assert breached(counts) == [guard]


def test_one_burst_is_one_bad_minute() -> None:
    counts = Counts().with_minute(Guards(), REFERENCE, np.full(5_000, np.nan))
    for _ in range(20):
        counts = counts.with_minute(Guards(), REFERENCE, np.full(5_000, 0.1))
    assert (counts.failing, counts.many, counts.minutes) == (1, 0, 21)
    assert GuardName.MISSING not in breached(counts)


def test_a_minute_counts_what_was_given() -> None:
    scores = np.array([np.nan] * 10 + [0.9] * 10 + [0.1] * 180)
    counts = Counts().with_minute(Guards(), REFERENCE, scores)
    assert (counts.sellers, counts.scored, counts.reached) == (200, 190, 10)
    assert (counts.failing, counts.many) == (1, 1)
    without = Counts().with_minute(Guards(), None, scores)
    assert (without.reached, without.many) == (0, 0)


def test_without_a_reference_the_level_is_not_judged() -> None:
    guards = [s.guard for s in judge(Guards(), None, Counts(sellers=9, scored=9, reached=9))]
    assert guards == [GuardName.MISSING, GuardName.SLOW]


def test_all_guards_together_are_wrong_as_seldom_as_stated() -> None:
    """Everything just at its limit: two hundred minutes, a generous chance to see it by."""
    draw, guards, wrong, runs = default_rng(5), Guards(error_chance=0.05), 0, 400
    for _ in range(runs):
        reference = usual("m", draw.random(2_000), guards.error_chance / 2)
        assert reference is not None
        least = (1 - reference.level) / guards.alert_ratio
        bad = draw.random((200, 3)) < guards.bad_minutes
        reached = draw.binomial(100, least, 200)
        failing, many, slow = bad.cumsum(axis=0).T.tolist()
        wrong += any(
            standing.breached
            for i, hits in enumerate(reached.cumsum().tolist())
            for standing in judge(
                guards,
                reference,
                Counts(
                    sellers=100 * (i + 1),
                    scored=100 * (i + 1),
                    reached=hits,
                    minutes=i + 1,
                    failing=failing[i],
                    many=many[i],
                    timed=i + 1,
                    slow=slow[i],
                ),
            )
        )
    assert wrong / runs <= guards.error_chance


def test_minutes_just_at_the_limit_are_seldom_bad() -> None:
    """So chance alone stays far below the share of minutes that may be bad."""
    draw, guards, counts = default_rng(6), Guards(), Counts()
    most = most_at_level(guards, REFERENCE)
    for _ in range(1_000):
        scores = np.where(draw.random(500) < most, 0.9, 0.1)
        scores[draw.random(500) < most_missing(guards, REFERENCE)] = np.nan
        counts = counts.with_minute(guards, REFERENCE, scores)
    assert counts.failing / 1_000 < 0.02
    assert counts.many / 1_000 < 0.02


def test_evidence_is_a_part_of_what_is_needed() -> None:
    half = judge(Guards(), None, Counts(timed=3, slow=3))[1]
    assert 0 < half.evidence < 1
    assert half.share == 1
    assert np.isfinite(half.evidence)
