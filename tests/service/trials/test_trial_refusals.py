"""Trials that could give no true answer are refused, or end with a clear statement."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from tests.acting import EVE, TESTS
from tests.releasing import register_validated
from tests.service.trials import world

from mimawari.detectors.gbdt import artifact
from mimawari.errors import InvalidInputError
from mimawari.records.lineage import Lineage
from mimawari.service.catalogue.artifacts import artifacts
from mimawari.service.catalogue.models import ModelVersion
from mimawari.service.releases.activating_models import activate_model
from mimawari.service.review.models import Decision
from mimawari.service.trials import events, runner
from mimawari.service.trials.event_bodies import Ended
from mimawari.service.trials.models import Outcome, Trial, TrialState
from mimawari.service.trials.trials import start_backtest, start_experiment, start_guard, stop

pytestmark = pytest.mark.django_db(transaction=True)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
COPY = Lineage(notes={"note": "a copy"})
WINDOW = {"window_days": 14, "recheck": 0, "seed": 3}


def refused(
    field: str, said: str, candidate: str, topic: str = world.TOPIC, **more: object
) -> None:
    """Check that a back-test is refused with these words, and leaves nothing behind."""
    with pytest.raises(InvalidInputError) as caught:
        start_backtest(topic, candidate, EVE, "why", **{**WINDOW, **more})
    problem = caught.value.problems[0]
    assert problem.field == field
    assert said in problem.problem
    assert problem.remedy
    assert not Trial.objects.exists()


def test_topics_and_models_that_cannot_be_compared(past: world.Market, candidate: str) -> None:
    refused("topic", "is not in force", candidate, topic="nothing")
    refused("candidate", "is not registered", "topic_000-0123456789ab")
    refused("candidate", "is a model of", candidate, topic=world.OTHER)
    champion = ModelVersion.objects.exclude(id=candidate).get()
    refused("candidate", "is the champion itself", champion.id)


@pytest.mark.parametrize(
    ("field", "said", "more"),
    [
        ("capacity", "is 0", {"capacity": 0}),
        ("capacity", "is no less than the 120 listings a day", {"capacity": 120}),
        ("capacity", "is no less than", {"capacity": 10**6}),
        ("alpha", "is 1.5", {"alpha": 1.5}),
        ("alpha", "is 0.9", {"alpha": 0.9, "recheck": 0}),
        ("beta", "is 0.0", {"beta": 0.0}),
        ("smallest_gain", "is -0.1", {"smallest_gain": -0.1}),
        ("mode", "is 'sideways'", {"mode": "sideways"}),
        ("mode", "is 'safe'", {"mode": "safe"}),
        ("reviews_per_day", "is 0", {"reviews_per_day": 0}),
        ("recheck", "is -1", {"recheck": -1}),
        ("wobble", "is unknown", {"wobble": 3}),
        ("window_days", "is 'many'", {"window_days": "many"}),
        ("window_days", "fewer than the 14 days", {"window_days": 3}),
        (
            "window_days",
            "no listing was scored",
            {"window_start": LONG_AGO},
        ),
    ],
    ids=lambda value: str(value)[:30],
)
def test_parameters_out_of_range(
    past: world.Market, candidate: str, field: str, said: str, more: dict[str, object]
) -> None:
    refused(field, said, candidate, **more)


def test_a_candidate_that_saw_the_window(past: world.Market, candidate: str) -> None:
    model = ModelVersion.objects.get(id=candidate)
    lineage = model.lineage
    model.lineage = {**lineage, "labels_until": "2026-03-08T00:00:00+00:00"}
    model.save()
    refused("candidate", "was trained on labels until 2026-03-08, inside of the window", candidate)
    model.lineage = {k: v for k, v in lineage.items() if k != "labels_until"}
    model.save()
    refused("candidate", "does not say until when its labels go", candidate)
    late = datetime(2026, 3, 17, tzinfo=UTC)
    refused("candidate", "inside of the window", candidate, trained_until=late)
    trial = start_backtest(
        world.TOPIC, candidate, EVE, "why", trained_until=world.TRAINED_UNTIL, **WINDOW
    )
    assert trial.state == TrialState.PREPARING


def test_a_topic_without_any_violation(market: world.Market, candidate: str) -> None:
    for _ in range(16):
        market.arrive()
        market.clock.go(days=1)
    refused("topic", "has no violation among its labels", candidate)
    people = world.moderators(1)
    market.review(people, says=lambda _alert, _who: "does_not_violate")
    refused("topic", "has no violation among its labels", candidate)
    fresh = start_backtest(
        world.TOPIC, candidate, EVE, "why", mode="fresh", window_days=14, reviews_per_day=16
    )
    trial = market.until_ended(fresh, people, says=lambda _alert, _who: "does_not_violate")
    assert trial.outcome == Outcome.UNDECIDED
    assert "not one of" in world.end_of(trial).statement


def test_one_trial_a_topic(past: world.Market, candidate: str) -> None:
    first = start_backtest(world.TOPIC, candidate, EVE, "why", **WINDOW)
    with pytest.raises(InvalidInputError, match=f"has backtest {first.pk} running"):
        start_experiment(world.TOPIC, candidate, EVE, "why")
    stop(first, EVE, "enough")
    with pytest.raises(InvalidInputError, match="has ended"):
        stop(first, EVE, "again")
    second = start_experiment(world.TOPIC, candidate, EVE, "why")
    assert (first.pk, second.pk) == tuple(Trial.objects.order_by("pk").values_list("pk", flat=True))


def test_experiments_that_are_refused(past: world.Market, candidate: str) -> None:
    for said, more in (
        ("has no back-test to take over from", {"carry": "pooled"}),
        ("is no back-test of this candidate", {"after": 99}),
        ("more than the topic's 16 reviews a day", {"capacity": 17}),
        ("is 'reuse'", {"mode": "reuse"}),
        ("is 0", {"round_minutes": 0}),
    ):
        with pytest.raises(InvalidInputError, match=said):
            start_experiment(world.TOPIC, candidate, EVE, "why", **more)
    before = start_backtest(world.TOPIC, candidate, EVE, "why", **WINDOW)
    with pytest.raises(InvalidInputError, match="has not ended"):
        start_experiment(world.TOPIC, candidate, EVE, "why", after=before.pk)
    events.end(before, Outcome.REJECT, TESTS, Ended())
    with pytest.raises(InvalidInputError, match="rejected the candidate"):
        start_experiment(world.TOPIC, candidate, EVE, "why", after=before.pk)
    with pytest.raises(InvalidInputError, match="finish the experiment first"):
        start_guard(before, EVE, "why")


def test_an_experiment_needs_more_listings_than_reviews(
    market: world.Market, candidate: str
) -> None:
    market.arrive(10)
    market.clock.go(hours=1)
    with pytest.raises(InvalidInputError, match="both models would list all of them"):
        start_experiment(world.TOPIC, candidate, EVE, "why")


def altered(folder: Path, to: Path, **changes: object) -> Path:
    """Save a model with another text score."""
    found = artifact.load(folder)
    text = replace(found.text, **changes)  # type: ignore[arg-type]
    artifact.save(replace(found, text=text, trees=""), to)
    return to


def ended_at_once(version: str) -> tuple[str, str]:
    trial = start_backtest(world.TOPIC, version, EVE, "why", **WINDOW)
    runner.advance()
    trial = world.again(trial)
    assert not trial.items.exists()
    return trial.outcome, world.end_of(trial).statement


def test_a_candidate_with_one_score_for_everything(
    past: world.Market, good: Path, tmp_path: Path
) -> None:
    weights = artifact.load(good).text.weights
    flat = altered(good, tmp_path / "flat", weights=np.zeros_like(weights))
    outcome, said = ended_at_once(register_validated(flat, TESTS))
    assert outcome == Outcome.REJECT
    assert "the same score" in said


def test_a_candidate_that_gives_no_number(past: world.Market, good: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="intercept"):
        register_validated(altered(good, tmp_path / "nan", intercept=float("nan")), TESTS)
    weights = artifact.load(good).text.weights
    broken = altered(good, tmp_path / "broken", weights=np.full_like(weights, np.nan))
    outcome, said = ended_at_once(register_validated(broken, TESTS))
    assert outcome == Outcome.REJECT
    assert "no valid score for more than 1 %" in said


def test_a_candidate_whose_folder_is_gone(past: world.Market, good: Path, tmp_path: Path) -> None:
    shutil.copytree(good, tmp_path / "gone")
    version = register_validated(tmp_path / "gone", TESTS)
    shutil.rmtree(artifacts().folder(f"models/{version}"))
    outcome, said = ended_at_once(version)
    assert outcome == Outcome.REJECT
    assert "no valid score" in said


def test_a_candidate_that_lists_the_same(past: world.Market, weak: Path, tmp_path: Path) -> None:
    found = artifact.load(weak)
    artifact.save(replace(found, lineage=COPY.joined(found.lineage)), tmp_path / "copy")
    version = register_validated(tmp_path / "copy", TESTS)
    assert version != ModelVersion.objects.exclude(id=version).get().id
    outcome, said = ended_at_once(version)
    assert outcome == Outcome.REJECT
    assert "both models list the same listings" in said


def test_lists_that_stay_the_same_online(market: world.Market, weak: Path, tmp_path: Path) -> None:
    found = artifact.load(weak)
    artifact.save(replace(found, lineage=COPY.joined(found.lineage)), tmp_path / "copy")
    market.history(1)
    version = register_validated(tmp_path / "copy", TESTS)
    trial = start_experiment(world.TOPIC, version, EVE, "why", round_minutes=1440)
    people = world.moderators()
    market.pass_days(2, people)
    assert world.again(trial).state == TrialState.RUNNING  # two days might be chance
    trial = market.until_ended(trial, people, most=4)
    assert trial.outcome == Outcome.REJECT
    assert "The lists are the same" in world.end_of(trial).statement


def test_a_trial_that_cannot_go_on_says_so_once_and_holds_no_other_up(
    past: world.Market, candidate: str, weak: Path, good: Path, tmp_path: Path
) -> None:
    other = world.fit(world.OTHER, tmp_path / "other", n=300)
    activate_model(other, TESTS, "set-up")
    better = register_validated(world.fit(world.OTHER, tmp_path / "better"), TESTS)
    broken = start_backtest(world.TOPIC, candidate, EVE, "why", **WINDOW)
    Trial.objects.filter(pk=broken.pk).update(design={"mode": "reuse"})
    fine = start_backtest(world.OTHER, better, EVE, "why", mode="fresh", window_days=14, seed=3)
    for _ in range(3):
        runner.advance()
    assert world.again(fine).state == TrialState.RUNNING
    told = broken.events.filter(kind="failed")
    assert told.count() == 1
    assert "Missing required argument 'capacity'" in told.get().body["statement"]
    assert Decision.objects.filter(alert__trial_items__trial=fine).count() == 0
