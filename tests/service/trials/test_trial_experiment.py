"""Experiments online, the guard after them, and what holds while they run."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Count, Sum
from tests.acting import EVE, GRACE, TESTS
from tests.releasing import register_validated
from tests.service.audit.world import recorded as ledger_events
from tests.service.trials import world

from mimawari.errors import InvalidInputError
from mimawari.service.admission.models import Alert, Purpose
from mimawari.service.intake.models import ListingVersion
from mimawari.service.releases import generations
from mimawari.service.releases.activating_models import activate_model
from mimawari.service.scoring.models import Candidate, CandidateState
from mimawari.service.trials import events, runner
from mimawari.service.trials.event_bodies import Ended
from mimawari.service.trials.evidence import fold
from mimawari.service.trials.models import Kind, Outcome, Role, Trial, TrialItem, TrialState
from mimawari.service.trials.trials import (
    finish,
    start_backtest,
    start_experiment,
    start_guard,
    stop,
)

pytestmark = pytest.mark.django_db(transaction=True)
DAILY = {"round_minutes": 1440, "seed": 3}


@pytest.fixture
def people(transactional_db: None) -> list[User]:
    """Give two moderators."""
    return world.moderators()


def serving() -> str | None:
    model: str | None = generations.current().manifest.topics[world.TOPIC].champion
    return model


def test_a_better_candidate_is_promoted_and_brought_in_force_by_name(
    market: world.Market, candidate: str, people: list[User]
) -> None:
    market.history(1)
    champion = serving()
    trial = start_experiment(world.TOPIC, candidate, EVE, "online", **DAILY)
    trial = market.until_ended(trial, people)
    assert trial.outcome == Outcome.PROMOTE
    assert world.end_of(trial).days >= 3
    assert serving() == champion
    number = finish(trial, GRACE, "it won")
    assert serving() == candidate
    assert generations.current().number == number
    (_, entry) = ledger_events("activation")
    assert (entry["by"], entry["reason"]) == ("grace", "it won")
    assert entry["details"]["before"] == champion
    assert entry["details"]["evidence"]["evidence"]["statement"].startswith("Promote")
    assert [e.kind for e in trial.events.order_by("pk")][-1] == "finished"
    with pytest.raises(InvalidInputError, match="by now"):
        finish(trial, GRACE, "again")


def test_a_worse_candidate_is_rejected_and_cannot_be_finished(
    topics: None, clock: world.Clock, good: Path, weak: Path, people: list[User]
) -> None:
    activate_model(good, TESTS, "set-up")
    market = world.Market(clock)
    market.history(1)
    worse = register_validated(weak, TESTS)
    trial = start_experiment(world.TOPIC, worse, EVE, "online", **DAILY)
    trial = market.until_ended(trial, people)
    assert trial.outcome == Outcome.REJECT
    with pytest.raises(InvalidInputError, match="no experiment that ended with promote"):
        finish(trial, GRACE, "all the same")


def test_a_round_reviews_what_both_list_and_half_of_the_pairs(
    market: world.Market, candidate: str
) -> None:
    market.history(1)
    trial = start_experiment(world.TOPIC, candidate, EVE, "online", **DAILY)
    market.arrive()
    assert not world.open_alerts(topic=world.TOPIC)  # the worker leaves them to the rounds
    assert world.open_alerts(topic=world.OTHER) is not None
    runner.advance()
    assert trial.rounds.count() == 0
    market.clock.go(days=1)
    runner.advance()
    one = trial.rounds.get()
    assert (one.listings, one.capacity) == (world.A_DAY, world.CAPACITY)
    assert one.shared + one.differing <= world.CAPACITY
    shared = world.open_alerts(topic=world.TOPIC, purpose=Purpose.TOP_K)
    pairs = world.open_alerts(topic=world.TOPIC, purpose=Purpose.TRIAL)
    places = trial.items.count()
    assert places in (one.differing - one.differing % 2, one.differing + one.differing % 2)
    assert len(pairs) == trial.items.exclude(listing_version=None).count() > 0
    assert one.shared <= len(shared)
    assert {alert.priority for alert in pairs} <= {alert.priority for alert in shared}
    by_role = dict(trial.items.values_list("role").annotate(n=Count("pk")))
    assert by_role[Role.CHAMPION] == by_role[Role.CANDIDATE] == places / 2
    # A place that one list leaves empty needs no review and counts as no violation.
    assert set(trial.items.filter(listing_version=None).values_list("known_label")) <= {(0,)}


def test_what_was_explored_and_is_listed_too_is_judged_once(
    market: world.Market, candidate: str
) -> None:
    market.history(1)
    trial = start_experiment(world.TOPIC, candidate, EVE, "online", **DAILY)
    market.arrive()
    for version in ListingVersion.objects.order_by("-pk")[:60]:
        Alert.objects.create(
            listing_version=version, topic=world.TOPIC, day=world.START.date(), score=0.1,
            priority=0.1, purpose=Purpose.EXPLORATION, probability=0.1, state="decided",
            created_at=market.clock.now,
        )  # fmt: skip
    market.clock.go(days=1)
    runner.advance()
    both = Alert.objects.filter(topic=world.TOPIC, purpose=Purpose.TOP_K, probability=0.1)
    assert both.exists()
    listed = Alert.objects.filter(topic=world.TOPIC, purpose__in=("top_k", "exploration"))
    assert listed.count() == listed.values("listing_version").distinct().count()
    assert trial.rounds.get().shared > 0


def test_rounds_within_a_day_share_its_capacity(market: world.Market, candidate: str) -> None:
    market.history(1)
    market.clock.now = market.clock.now.replace(hour=0)
    trial = start_experiment(world.TOPIC, candidate, EVE, "online", round_minutes=360)
    for _ in range(8):
        market.arrive(40)
        market.clock.go(hours=6)
        runner.advance()
        world.keeps_to_the_capacity()
    sizes = list(trial.rounds.order_by("start").values_list("capacity", flat=True))
    assert sizes == [4] * 8


def test_every_listing_is_in_one_round_whatever_the_clock_does(
    market: world.Market, candidate: str
) -> None:
    market.history(1)
    before = ListingVersion.objects.count()
    trial = start_experiment(world.TOPIC, candidate, EVE, "online", **DAILY)
    for hours in (24, 30, -20, 10, 24, 100, -3, 50):
        market.arrive(50)
        market.clock.go(hours=hours)
        runner.advance()
        world.keeps_to_the_capacity()
    market.clock.go(days=3)
    runner.advance()
    rounds = list(trial.rounds.order_by("pk"))
    arrived = ListingVersion.objects.count() - before
    assert sum(one.listings for one in rounds) == arrived == 400
    # One begins where the last one ended, or the clock went back meanwhile.
    assert all(a.end == b.start or b.end < a.end for a, b in pairwise(rounds))
    assert all(one.start < one.end for one in rounds)
    assert all(one.capacity <= world.CAPACITY for one in rounds)


@pytest.mark.parametrize(("hours", "round_minutes"), [(3, 360), (20, 360), (400, 360), (400, 1440)])
def test_alerts_are_opened_while_the_clock_is_back(
    market: world.Market,
    candidate: str,
    people: list[User],
    hours: int,
    round_minutes: int,
) -> None:
    """Rounds go on where it was set back by hours or weeks, each listing in one of them."""
    trial = start_experiment(
        world.TOPIC, candidate, EVE, "online", round_minutes=round_minutes, minimum_days=30
    )
    for _ in range(2):
        market.arrive(60)
        market.clock.go(minutes=round_minutes)
        runner.advance()
        market.review(people)
    before = set(Alert.objects.values_list("pk", flat=True))
    rounds = trial.rounds.count()
    market.clock.go(hours=-hours)
    for _ in range(2):
        market.arrive(60)
        runner.advance()
        market.review(people)
        market.clock.go(minutes=round_minutes)
        runner.advance()
    opened = Alert.objects.exclude(pk__in=before)
    assert opened.exists()
    assert trial.rounds.count() >= rounds + 2
    world.keeps_to_the_capacity()
    market.clock.go(hours=hours + 24)
    runner.advance()
    runner.advance()
    taken = trial.rounds.aggregate(n=Sum("listings"))["n"]
    assert taken == 240


def test_a_day_that_is_repeated_has_its_capacity_once(
    market: world.Market, candidate: str, people: list[User]
) -> None:
    """What arrives then waits for the next day with room; it is not refused."""
    trial = start_experiment(world.TOPIC, candidate, EVE, "online", **DAILY, minimum_days=30)
    for _ in range(2):
        market.arrive(60)
        market.clock.go(days=1)
        runner.advance()
        market.review(people)
    market.clock.go(hours=-30)
    market.arrive(60)
    runner.advance()
    assert trial.rounds.count() == 2
    assert Candidate.objects.filter(topic=world.TOPIC, state=CandidateState.IN_ROUND).exists()
    world.keeps_to_the_capacity()
    market.clock.go(days=4)
    runner.advance()
    assert trial.rounds.aggregate(n=Sum("listings"))["n"] == 180


def test_a_clock_corrected_by_seconds_makes_no_round(market: world.Market, candidate: str) -> None:
    trial = start_experiment(world.TOPIC, candidate, EVE, "online", round_minutes=360)
    market.arrive(60)
    market.clock.go(hours=6)
    runner.advance()
    assert trial.rounds.count() == 1
    market.arrive(60)
    market.clock.go(seconds=-5)
    runner.advance()
    assert trial.rounds.count() == 1


def test_what_waited_for_the_worker_at_the_start_is_in_the_first_round(
    market: world.Market, candidate: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    market.history(1)
    monkeypatch.setattr(world, "drain", lambda: None)
    waiting = market.arrive(60)
    monkeypatch.undo()
    world.told_time(monkeypatch, market.clock)
    trial = start_experiment(world.TOPIC, candidate, EVE, "online", **DAILY)
    world.drain()
    assert not world.open_alerts(topic=world.TOPIC)
    market.clock.go(days=1)
    runner.advance()
    assert trial.rounds.get().listings == len(waiting)


def test_what_arrived_since_the_last_round_is_handed_over_at_the_end(
    market: world.Market, candidate: str
) -> None:
    market.history(1)
    trial = start_experiment(world.TOPIC, candidate, EVE, "online", **DAILY)
    market.arrive()
    market.clock.go(hours=12)
    stop(trial, EVE, "enough")
    runner.advance()
    assert not world.open_alerts(topic=world.TOPIC)
    world.drain()
    assert len(world.open_alerts(topic=world.TOPIC)) == world.CAPACITY
    runner.advance()
    assert trial.events.filter(kind="handed_over").count() == 1
    market.arrive()
    assert len(world.open_alerts(topic=world.TOPIC)) == world.CAPACITY
    assert [e.kind for e in trial.events.order_by("pk")] == ["started", "ended", "handed_over"]
    assert world.again(trial).outcome == Outcome.STOPPED


def test_a_decision_waits_for_the_least_days(
    market: world.Market, candidate: str, people: list[User]
) -> None:
    market.history(1)
    trial = start_experiment(
        world.TOPIC, candidate, EVE, "online", **DAILY, minimum_days=12, smallest_gain=0.01
    )
    for _ in range(11):
        market.pass_days(1, people)
    trial = world.again(trial)
    found = fold(trial).evidence
    assert found.log_e.max() > 3.0  # enough evidence, had there been enough days
    assert trial.state == TrialState.RUNNING
    assert "12 days are in" in found.statement
    assert market.until_ended(trial, people, most=4).outcome == Outcome.PROMOTE


@pytest.mark.parametrize("carry", ["pooled", "strict"])
def test_a_back_test_is_taken_over(
    past: world.Market, candidate: str, people: list[User], carry: str
) -> None:
    window = {"window_days": 14, "seed": 3, "mode": "fresh", "reviews_per_day": 8}
    before = start_backtest(world.TOPIC, candidate, EVE, "first", **window)
    before = past.until_ended(before, people)
    trial = start_experiment(
        world.TOPIC, candidate, EVE, "then", after=before.pk, carry=carry, **DAILY
    )
    for _ in range(2):
        past.pass_days(1, people)
    found = fold(trial).evidence
    pairs = [(one.candidate, one.hits) for one in fold(trial).steps[: found.steps]]
    gained = sum(b != a for b, a in pairs)
    if carry == "pooled":
        assert found.log_e[0] > 2.9  # the back-test's evidence to begin with
    else:
        assert found.log_e[0] < 1.0
    assert gained
    trial = past.until_ended(trial, people)
    assert trial.outcome == Outcome.PROMOTE
    assert world.end_of(trial).days <= 4 or carry == "strict"  # at least 3


def test_pooling_needs_old_labels_that_were_shown_to_hold(
    past: world.Market, candidate: str, people: list[User]
) -> None:
    before = start_backtest(
        world.TOPIC, candidate, EVE, "first", window_days=14, recheck=40, reviews_per_day=4
    )
    past.pass_days(1, people)
    stop(before, EVE, "short of time")
    with pytest.raises(InvalidInputError, match="not shown to hold"):
        start_experiment(world.TOPIC, candidate, EVE, "then", after=before.pk, carry="pooled")
    trial = start_experiment(world.TOPIC, candidate, EVE, "then", after=before.pk)
    assert trial.design["carry"] == "strict"


def trial_items(trial: Trial, role: Role) -> list[TrialItem]:
    return list(trial.items.filter(role=role).exclude(listing_version=None))


def promoted(market: world.Market, version: str) -> Trial:
    """Make an experiment that promoted a model, whatever it deserved."""
    trial = start_experiment(world.TOPIC, version, EVE, "online", **DAILY)
    with transaction.atomic():
        events.end(trial, Outcome.PROMOTE, TESTS, Ended(statement="for a test"))
    runner.advance()
    finish(trial, GRACE, "for a test")
    return trial


def test_a_guard_rolls_a_worse_champion_back(
    topics: None, clock: world.Clock, good: Path, weak: Path, people: list[User]
) -> None:
    activate_model(good, TESTS, "set-up")
    old = serving()
    market = world.Market(clock)
    market.history(1)
    experiment = promoted(market, register_validated(weak, TESTS))
    guard = start_guard(experiment, EVE, "to be sure", share=0.5, **DAILY)
    assert guard.kind == Kind.GUARD
    guard = market.until_ended(guard, people)
    assert guard.outcome == Outcome.REJECT
    # What the new champion lists was reviewed, and of the old one's only what pairs drew.
    own = trial_items(guard, Role.CHAMPION)
    assert 0 < len(own) < sum(one.differing for one in guard.rounds.all())
    assert serving() != old
    finish(guard, GRACE, "roll back")
    assert serving() == old
    assert len(ledger_events("activation")) == 3


def test_a_guard_finds_no_harm_in_a_better_champion(
    market: world.Market, candidate: str, people: list[User]
) -> None:
    market.history(1)
    experiment = promoted(market, candidate)
    guard = start_guard(experiment, EVE, "to be sure", share=0.5, **DAILY)
    guard = market.until_ended(guard, people)
    assert guard.outcome == Outcome.PROMOTE
    with pytest.raises(InvalidInputError, match="nor a guard"):
        finish(guard, GRACE, "roll back")


def test_a_trial_ends_where_another_model_serves_the_topic(
    market: world.Market, candidate: str, good: Path
) -> None:
    market.history(1)
    trial = start_experiment(world.TOPIC, candidate, EVE, "online", **DAILY)
    activate_model(good, GRACE, "past the trial")
    runner.advance()
    trial = world.again(trial)
    assert trial.outcome == Outcome.STOPPED
    assert "another model serves" in world.end_of(trial).statement


def test_pairs_nobody_came_to_are_offered_the_next_day(
    market: world.Market, candidate: str, people: list[User]
) -> None:
    market.history(1)
    trial = start_experiment(world.TOPIC, candidate, EVE, "online", **DAILY)
    market.arrive()
    market.clock.go(days=1)
    runner.advance()
    asked = TrialItem.objects.exclude(alert=None)
    first = list(asked.values_list("alert_id", flat=True))
    steps = max(asked.values_list("step", flat=True))
    market.arrive()
    market.clock.go(days=1)
    runner.advance()
    world.keeps_to_the_capacity()
    today = Alert.objects.filter(pk__in=first, day=market.clock.now.date())
    assert today.count() == len(first)
    market.review(people)
    assert fold(trial).evidence.steps >= steps


def test_equal_work_for_equal_days(
    market: world.Market, candidate: str, people: list[User]
) -> None:
    """As many reviews a day as before the experiment, no more and hardly fewer."""
    market.history(1)
    trial = start_experiment(world.TOPIC, candidate, EVE, "online", **DAILY, minimum_days=30)
    market.pass_days(6, people)
    stop(trial, EVE, "enough")
    days = market.clock.now.date() - timedelta(days=1)
    held = Alert.objects.filter(topic=world.TOPIC, day__lte=days, state="decided")
    per_day = dict(held.values_list("day").annotate(n=Count("pk")).order_by())
    spent = [n for day, n in per_day.items() if day > trial.created_at.date()]
    assert len(spent) >= 4
    assert all(world.CAPACITY - 1 <= n <= world.CAPACITY for n in spent)
