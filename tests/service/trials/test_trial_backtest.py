"""Back-tests from start to decision, on stored history and with moderators who decide."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.contrib.auth.models import User
from tests.acting import EVE, TESTS
from tests.releasing import register_validated
from tests.service.audit.world import recorded as ledger_events
from tests.service.trials import world

from mimawari.service.admission.models import Alert, Purpose
from mimawari.service.releases import generations
from mimawari.service.releases.activating import activate_topic_file
from mimawari.service.releases.activating_models import activate_model
from mimawari.service.review import queue
from mimawari.service.review.models import Decision
from mimawari.service.trials import events, runner
from mimawari.service.trials.event_bodies import Flagged, LabelsChanged
from mimawari.service.trials.evidence import fold
from mimawari.service.trials.models import Outcome, Role, TrialItem, TrialState
from mimawari.service.trials.trials import start_backtest, stop

pytestmark = pytest.mark.django_db(transaction=True)
WINDOW = {"window_days": 14, "seed": 3}


@pytest.fixture
def people(transactional_db: None) -> list[User]:
    """Give two moderators."""
    return world.moderators()


def test_a_better_candidate_is_promoted_and_not_activated(
    past: world.Market, candidate: str, people: list[User]
) -> None:
    champion = generations.current().manifest.topics[world.TOPIC].champion
    trial = start_backtest(world.TOPIC, candidate, EVE, "fewer misses", recheck=8, **WINDOW)
    assert trial.state == TrialState.PREPARING
    trial = past.until_ended(trial, people)
    assert trial.outcome == Outcome.PROMOTE
    assert generations.current().manifest.topics[world.TOPIC].champion == champion
    told = [(event.kind, event.actor) for event in trial.events.order_by("pk")]
    assert told == [("started", "eve"), ("prepared", "trials"), ("ended", "trials")]
    ended = world.end_of(trial)
    assert ended.statement.startswith("Promote: the evidence is")
    assert "agree in 8 of 8" in ended.statement
    assert ended.candidate[0] > ended.champion[0]
    sealed = [e for e in ledger_events() if e["kind"].startswith("trial_")]
    assert [(e["kind"], e["subject"]) for e in sealed] == [
        ("trial_started", str(trial.pk)),
        ("trial_ended", str(trial.pk)),
    ]
    assert sealed[0]["details"]["statement"]["reason"] == "fewer misses"


def test_reuse_asks_for_candidates_and_rechecks_only(past: world.Market, candidate: str) -> None:
    start_backtest(world.TOPIC, candidate, EVE, "why", recheck=8, **WINDOW)
    runner.advance()
    asked = TrialItem.objects.filter(known_label=None)
    assert set(asked.values_list("role", flat=True)) == {Role.CANDIDATE}
    known = TrialItem.objects.filter(role=Role.CHAMPION)
    assert known.exclude(listing_version=None).exists()
    assert not known.filter(known_label=None).exists()
    assert TrialItem.objects.filter(role=Role.RECHECK).count() == 8
    # One item of a seller and list at most.
    for one in Role.CHAMPION, Role.CANDIDATE:
        listed = TrialItem.objects.filter(role=one).exclude(listing_version=None)
        sellers = listed.values_list("round_id", "listing_version__seller_id")
        assert len(sellers) == len(set(sellers))


def test_a_worse_candidate_is_rejected(
    topics: None, clock: world.Clock, good: Path, weak: Path, people: list[User]
) -> None:
    activate_model(good, TESTS, "set-up")
    market = world.Market(clock)
    market.history(16)
    worse = register_validated(weak, TESTS)
    trial = start_backtest(world.TOPIC, worse, EVE, "why", recheck=8, **WINDOW)
    trial = market.until_ended(trial, people)
    assert trial.outcome == Outcome.REJECT
    assert world.end_of(trial).statement.startswith("Reject: a candidate better by")


def test_fresh_pairs_ask_for_both_sides(
    past: world.Market, candidate: str, people: list[User]
) -> None:
    trial = start_backtest(
        world.TOPIC, candidate, EVE, "why", mode="fresh", reviews_per_day=8, **WINDOW
    )
    runner.advance()
    asked = TrialItem.objects.exclude(alert=None)
    assert 7 <= asked.count() <= 8
    steps = set(asked.values_list("step", flat=True))
    assert steps == set(range(1, max(steps) + 1))
    # Both sides of each step, but for the places that a shorter list leaves empty.
    places = TrialItem.objects.filter(step__in=steps)
    assert places.count() == 2 * len(steps)
    assert set(places.filter(alert=None).values_list("listing_version", "known_label")) <= {
        (None, 0)
    }
    assert set(asked.values_list("role", flat=True)) == {Role.CHAMPION, Role.CANDIDATE}
    assert past.until_ended(trial, people).outcome == Outcome.PROMOTE


def test_items_lie_blind_among_the_others(past: world.Market, candidate: str) -> None:
    trial = start_backtest(world.TOPIC, candidate, EVE, "why", recheck=8, **WINDOW)
    past.arrive()
    ordinary = set(world.open_alerts().values_list("priority", flat=True))
    runner.advance()
    mine = world.open_alerts(purpose=Purpose.TRIAL)
    assert len(mine) == trial.design["reviews_per_day"]
    assert {one.priority for one in mine} <= ordinary
    assert len(world.open_alerts(topic=world.TOPIC)) == world.CAPACITY
    assert Alert.objects.filter(state="displaced").exists()
    # What gave way was the end of the champion's list.
    left = world.open_alerts(purpose=Purpose.TOP_K, topic=world.TOPIC)
    gone = Alert.objects.filter(state="displaced", day=past.clock.now.date(), topic=world.TOPIC)
    assert max(one.score for one in gone) <= min(one.score for one in left)


def test_a_moderator_s_items_and_leases_are_never_displaced(
    past: world.Market, candidate: str, people: list[User]
) -> None:
    start_backtest(world.TOPIC, candidate, EVE, "why", recheck=8, reviews_per_day=16, **WINDOW)
    past.arrive()
    past.review(people, most=10)
    held = queue.next_alert(people[0], topics=[world.TOPIC])
    runner.advance()
    world.keeps_to_the_capacity()
    assert Alert.objects.get(pk=held.pk).state == "open"


def test_advancing_again_changes_nothing(past: world.Market, candidate: str) -> None:
    start_backtest(world.TOPIC, candidate, EVE, "why", recheck=8, **WINDOW)
    runner.advance()
    before = world.snapshot()
    runner.advance()
    runner.TrialRunner().turn()
    assert world.snapshot() == before


def test_the_same_seed_asks_for_the_same_items(past: world.Market, candidate: str) -> None:
    columns = ("step", "role", "rank", "listing_version_id", "known_label")
    found = []
    for _ in range(2):
        # (Old labels that were asked for again are not asked for a third time.)
        trial = start_backtest(world.TOPIC, candidate, EVE, "why", recheck=0, **WINDOW)
        runner.advance()
        found.append(list(trial.items.order_by("pk").values_list(*columns)))
        stop(trial, EVE, "once more")
    assert found[0] == found[1]


def test_steps_wait_for_the_first_open_label(
    past: world.Market, candidate: str, people: list[User]
) -> None:
    trial = start_backtest(
        world.TOPIC, candidate, EVE, "why", recheck=0, reviews_per_day=12, **WINDOW
    )
    past.arrive()
    runner.advance()
    first = TrialItem.objects.filter(role=Role.CANDIDATE, known_label=None).order_by("step").first()
    Alert.objects.filter(pk=first.alert_id).update(priority=-1.0)
    past.review(people, most=len(world.open_alerts()) - 1)
    assert Alert.objects.get(pk=first.alert_id).state == "open"
    assert fold(trial).evidence.steps == first.step - 1
    past.review(people)
    assert fold(trial).evidence.steps >= 12


def test_what_nobody_can_tell_goes_to_another_and_counts_as_the_worst(
    past: world.Market, candidate: str, people: list[User]
) -> None:
    trial = start_backtest(
        world.TOPIC, candidate, EVE, "why", recheck=0, reviews_per_day=12, **WINDOW
    )
    unsure: set[int] = set()

    def says(alert: Alert, who: User) -> str:
        odd = alert.purpose == Purpose.TRIAL and alert.listing_version_id % 2
        if odd:
            assert (alert.pk, who.pk) not in asked
            asked.add((alert.pk, who.pk))
            unsure.add(alert.pk)
        return "cannot_tell" if odd else ""

    asked: set[tuple[int, int]] = set()
    for _ in range(3):
        past.pass_days(1, people, says=says)
        world.keeps_to_the_capacity()
    assert unsure
    twice = [pk for pk in unsure if {(pk, one.pk) for one in people} <= asked]
    assert twice
    found = fold(trial)
    steps = {item.step for item in TrialItem.objects.filter(alert_id__in=twice)}
    assert all(found.steps[step - 1].candidate == 0 for step in steps)
    assert found.evidence.steps >= max(steps)


def test_a_reversed_label_is_folded_in_before_the_decision(
    past: world.Market, candidate: str, people: list[User]
) -> None:
    trial = start_backtest(world.TOPIC, candidate, EVE, "why", recheck=0, **WINDOW)
    past.pass_days(1, people)
    before = fold(trial)
    last = Decision.objects.filter(
        alert__trial_items__trial=trial, alert__trial_items__step__lte=before.evidence.steps
    ).latest("pk")
    other = world.said(last.verdict != "violates")
    Decision.objects.create(
        alert=last.alert,
        moderator=last.moderator,
        verdict=other,
        policy_version=1,
        generation=last.generation,
        decided_at=past.clock.now,
        seconds=1.0,
        replaces=last,
    )
    step = TrialItem.objects.get(trial=trial, alert=last.alert).step
    now = fold(trial)
    assert now.steps[step - 1].candidate == 1 - before.steps[step - 1].candidate
    assert now.evidence.log_e[-1] != before.evidence.log_e[-1]
    runner.advance()
    assert trial.looks.last().log_e == pytest.approx(now.evidence.log_e[-1])


def test_an_undone_old_label_is_open_again(past: world.Market, candidate: str) -> None:
    trial = start_backtest(world.TOPIC, candidate, EVE, "why", recheck=0, **WINDOW)
    runner.advance()
    known = TrialItem.objects.filter(role=Role.CHAMPION).order_by("step").first()
    assert fold(trial).steps[known.step - 1].hits is not None
    last = Decision.objects.filter(
        alert__listing_version_id=known.listing_version_id, alert__topic=world.TOPIC
    ).latest("pk")
    Decision.objects.create(
        alert=last.alert,
        moderator=last.moderator,
        verdict="undone",
        policy_version=1,
        generation=last.generation,
        decided_at=past.clock.now,
        seconds=0.0,
        replaces=last,
    )
    Alert.objects.filter(pk=last.alert_id).update(state="open")
    assert fold(trial).steps[known.step - 1].hits is None


def test_a_label_reversed_after_the_decision_is_reported_and_nothing_flips(
    past: world.Market, candidate: str, people: list[User]
) -> None:
    trial = start_backtest(world.TOPIC, candidate, EVE, "why", recheck=0, **WINDOW)
    trial = past.until_ended(trial, people)
    assert trial.outcome == Outcome.PROMOTE
    upto = world.end_of(trial).at
    wins = Decision.objects.filter(
        alert__trial_items__trial=trial,
        alert__trial_items__step__lte=upto,
        verdict="violates",
        replaced_by=None,
    )
    for one in wins.distinct():
        Decision.objects.create(
            alert=one.alert,
            moderator=one.moderator,
            verdict="does_not_violate",
            policy_version=1,
            generation=one.generation,
            decided_at=past.clock.now,
            seconds=1.0,
            replaces=one,
        )
    runner.advance()
    runner.advance()
    trial = world.again(trial)
    assert (trial.state, trial.outcome) == (TrialState.ENDED, Outcome.PROMOTE)
    told = events.last(trial, LabelsChanged)
    assert told.statement.startswith("Labels behind this decision were changed.")
    assert told.says != "promote"
    assert trial.events.filter(kind="labels_changed").count() == 1
    assert len(ledger_events("trial_labels_changed")) == 1


def test_labels_of_another_standard_decide_nothing(
    market: world.Market, candidate: str, people: list[User]
) -> None:
    market.history(16, wrong=0.3)
    trial = start_backtest(
        world.TOPIC, candidate, EVE, "why", recheck=20, reviews_per_day=12, **WINDOW
    )
    trial = market.until_ended(trial, people)
    assert trial.outcome == Outcome.UNDECIDED
    said = world.end_of(trial)
    assert said.statement.startswith("Undecided: old labels do not hold")
    assert said.rechecks[0] < 0.98 * said.rechecks[1]


def test_reviews_spent_before_old_labels_were_checked(
    past: world.Market, candidate: str, people: list[User]
) -> None:
    trial = start_backtest(
        world.TOPIC, candidate, EVE, "why", recheck=40, most_reviews=10, **WINDOW
    )
    trial = past.until_ended(trial, people)
    assert trial.outcome == Outcome.UNDECIDED
    ended = world.end_of(trial)
    assert "spent before it was known" in ended.statement
    assert ended.reviews == 10


def test_few_old_labels_are_told(market: world.Market, candidate: str) -> None:
    market.history(2)
    for _ in range(14):
        market.arrive()
        market.clock.go(days=1)
    trial = start_backtest(world.TOPIC, candidate, EVE, "why", recheck=0, **WINDOW)
    runner.advance()
    trial = world.again(trial)
    assert trial.outcome == Outcome.UNDECIDED
    assert "have a label, too few to stand for all" in world.end_of(trial).statement


def test_a_moderator_who_approves_everything_decides_nothing(
    past: world.Market, candidate: str, people: list[User]
) -> None:
    lazy, diligent = people

    def says(_alert: Alert, who: User) -> str:
        return "does_not_violate" if who == lazy else ""

    trial = start_backtest(
        world.TOPIC, candidate, EVE, "why", mode="fresh", reviews_per_day=8, **WINDOW
    )
    trial = past.until_ended(trial, people, says=says)
    flagged = events.last(trial, Flagged)
    assert flagged.moderators == [lazy.pk]
    assert trial.outcome == Outcome.PROMOTE
    # Every verdict of theirs was asked for again.
    theirs = Decision.objects.filter(alert__trial_items__trial=trial, moderator=lazy)
    steps = world.end_of(trial).steps
    for one in theirs.filter(alert__trial_items__step__lte=steps):
        assert Decision.objects.filter(alert=one.alert, moderator=diligent).exists()


def test_the_only_moderator_approves_everything(past: world.Market, candidate: str) -> None:
    (lazy,) = world.moderators(1, "lazy")
    trial = start_backtest(world.TOPIC, candidate, EVE, "why", recheck=20, **WINDOW)
    for _ in range(12):
        past.pass_days(1, [lazy], says=lambda _alert, _who: "does_not_violate")
        trial = world.again(trial)
        assert trial.outcome not in (Outcome.REJECT, Outcome.PROMOTE)
    assert events.last(trial, Flagged).moderators == [lazy.pk]


def test_violations_are_confirmed_where_the_topic_asks(
    market: world.Market, candidate: str, people: list[User], tmp_path: Path
) -> None:
    path = tmp_path / f"{world.TOPIC}.toml"
    path.write_text(
        path.read_text("utf-8").replace("[title]", "confirm_positives = true\n[title]", 1)
    )
    activate_topic_file(path, TESTS, "rare: confirm what is found")
    market.history(16)
    trial = start_backtest(
        world.TOPIC, candidate, EVE, "why", mode="fresh", reviews_per_day=8, **WINDOW
    )
    trial = market.until_ended(trial, people)
    assert trial.outcome == Outcome.PROMOTE
    upto = world.end_of(trial).steps
    found = trial.items.filter(
        step__lte=upto, alert__decisions__verdict="violates", alert__decisions__replaced_by=None
    )
    assert found.count() > 5
    for one in found:
        votes = Decision.objects.filter(
            alert__listing_version=one.listing_version, alert__topic=world.TOPIC
        )
        assert set(votes.values_list("moderator", flat=True)) >= {who.pk for who in people}
