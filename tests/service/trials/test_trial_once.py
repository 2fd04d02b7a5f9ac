"""The same days, labels and back-tests count once; who overrides that is on record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from tests.acting import EVE
from tests.service.audit.world import recorded as ledger_events
from tests.service.trials import world

from mimawari.errors import InvalidInputError
from mimawari.service.trials.models import Outcome, Trial, TrialState
from mimawari.service.trials.trials import start_backtest, start_experiment, stop

pytestmark = pytest.mark.django_db(transaction=True)
FIRST_DAY = datetime(2026, 3, 7, tzinfo=UTC)
WEEK = {"window_start": FIRST_DAY, "window_days": 5, "minimum_days": 1, "recheck": 0}
DAILY = {"round_minutes": 1440}
WHY = "the first one was stopped by mistake"


@pytest.fixture
def people(transactional_db: None) -> list[User]:
    """Give two moderators."""
    return world.moderators()


@pytest.fixture
def first(past: world.Market, candidate: str, people: list[User]) -> Trial:
    """Give a back-test that was stopped after some of its evidence was seen."""
    trial = start_backtest(world.TOPIC, candidate, EVE, "why", seed=1, **WEEK)
    past.pass_days(1, people)
    if world.again(trial).state != TrialState.ENDED:
        stop(trial, EVE, "it looks bad")
    assert trial.looks.exists()
    return trial


def refused(candidate: str, **given: object) -> None:
    with pytest.raises(InvalidInputError) as caught:
        start_backtest(world.TOPIC, candidate, EVE, "again", **given)
    (problem,) = caught.value.problems
    assert problem.field == "window_start"
    assert "of this candidate took evidence from" in problem.problem
    assert "after its last day" in problem.remedy


def test_a_window_decides_once(first: Trial, candidate: str) -> None:
    refused(candidate, seed=2, **WEEK)
    refused(candidate, **{**WEEK, "mode": "fresh"})
    for shift in (-4, -1, 1, 4):
        start = FIRST_DAY + timedelta(days=shift)
        refused(candidate, **{**WEEK, "window_start": start})
    later = {**WEEK, "window_start": FIRST_DAY + timedelta(days=5)}
    assert start_backtest(world.TOPIC, candidate, EVE, "later", **later).pk


def test_a_window_of_which_nothing_was_seen_is_not_spent(
    past: world.Market, candidate: str
) -> None:
    stop(start_backtest(world.TOPIC, candidate, EVE, "why", **WEEK), EVE, "another seed")
    assert start_backtest(world.TOPIC, candidate, EVE, "why", **WEEK).pk


def test_an_override_is_on_record_and_its_promotion_says_so(
    past: world.Market, first: Trial, candidate: str, people: list[User]
) -> None:
    trial = start_backtest(world.TOPIC, candidate, EVE, "once more", again=WHY, seed=2, **WEEK)
    (event,) = ledger_events("trial_used_again")
    assert event["by"] == "eve"
    assert event["subject"] == str(trial.pk)
    said = event["details"]["statement"]
    assert (said["earlier"], said["reason"]) == ([first.pk], WHY)
    trial = past.until_ended(trial, people)
    assert trial.outcome == Outcome.PROMOTE
    assert f"used again what trial {first.pk} had used" in world.end_of(trial).statement


def test_an_override_of_nothing_is_refused(past: world.Market, candidate: str) -> None:
    for start in (start_backtest, start_experiment):
        more = WEEK if start is start_backtest else DAILY
        with pytest.raises(InvalidInputError, match="again: has nothing to override"):
            start(world.TOPIC, candidate, EVE, "why", again=WHY, **more)


def test_fresh_pairs_after_old_labels_that_do_not_hold(
    market: world.Market, candidate: str, people: list[User]
) -> None:
    market.history(16, wrong=0.3)
    window = {"window_days": 14, "seed": 3, "reviews_per_day": 12}
    trial = start_backtest(world.TOPIC, candidate, EVE, "why", recheck=20, **window)
    trial = market.until_ended(trial, people)
    assert world.end_of(trial).statement.startswith("Undecided: old labels do not hold")
    with pytest.raises(InvalidInputError, match="took evidence from"):
        start_backtest(world.TOPIC, candidate, EVE, "why", recheck=20, **window)
    assert start_backtest(world.TOPIC, candidate, EVE, "why", mode="fresh", **window).pk


@pytest.mark.parametrize("carry", ["pooled", "strict"])
def test_a_back_test_is_taken_over_once(
    past: world.Market, candidate: str, people: list[User], carry: str
) -> None:
    before = start_backtest(world.TOPIC, candidate, EVE, "first", **{**WEEK, "mode": "fresh"})
    past.pass_days(1, people)
    if world.again(before).state != TrialState.ENDED:
        stop(before, EVE, "short of time")
    how = {"after": before.pk, "carry": carry, **DAILY}
    experiment = start_experiment(world.TOPIC, candidate, EVE, "then", **how)
    stop(experiment, EVE, "before anything was seen")
    experiment = start_experiment(world.TOPIC, candidate, EVE, "then", **how)
    past.pass_days(3, people)
    assert experiment.looks.exists()
    if world.again(experiment).state != TrialState.ENDED:
        stop(experiment, EVE, "it looks bad")
    with pytest.raises(InvalidInputError, match=f"after: {before.pk} was taken over by"):
        start_experiment(world.TOPIC, candidate, EVE, "then", **how)
    third = start_experiment(world.TOPIC, candidate, EVE, "then", again=WHY, **how)
    (event,) = ledger_events("trial_used_again")
    assert event["details"]["statement"]["earlier"] == [experiment.pk]
    stop(third, EVE, "done")
    assert start_experiment(world.TOPIC, candidate, EVE, "anew", **DAILY).pk
