"""Trials that were not carried out as planned are told, and decide nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from tests.service.trials import world
from tests.service.trials.test_trial_families import MIXED, given, topics, wins

from mimawari.service.admission.models import Alert
from mimawari.service.review.models import Decision
from mimawari.service.trials import runner
from mimawari.service.trials.checks import checks_of
from mimawari.service.trials.models import Outcome, Role, Trial, TrialItem

__all__ = ["topics"]
pytestmark = pytest.mark.django_db(transaction=True)


def shuffled(trial: Trial) -> None:
    """Give a trial's pairs ranks and waiting times as chance would have them."""
    for number, one in enumerate(trial.items.order_by("pk")):
        TrialItem.objects.filter(pk=one.pk).update(rank=one.step * 7 % 10 + 1)
        minutes = timedelta(minutes=(number * 37) % 50)
        Alert.objects.filter(pk=one.alert_id).update(created_at=trial.created_at - minutes)


def failed(trial: Trial) -> list[str]:
    return [one.name for one in checks_of(trial) if not one.passed]


def test_a_trial_as_planned_passes_and_says_so() -> None:
    trial = given("weapons", [[*wins(6), *MIXED]] * 4)
    shuffled(trial)
    assert failed(trial) == []
    runner.advance()
    trial.refresh_from_db()
    assert trial.outcome == Outcome.PROMOTE
    told = world.end_of(trial).checks
    assert len(told) == 4
    assert all("as planned" in one for one in told)


def test_pairs_by_rank_decide_nothing() -> None:
    trial = given("weapons", [[*wins(6), *MIXED]] * 4)
    shuffled(trial)
    trial.items.update(rank=1)
    assert failed(trial) == ["ranks of pairs"]
    runner.advance()
    trial.refresh_from_db()
    assert trial.outcome == Outcome.UNDECIDED
    assert "not carried out as planned" in world.end_of(trial).statement


def test_a_side_that_waits_longer_decides_nothing() -> None:
    trial = given("weapons", [[*wins(6), *MIXED]] * 4)
    shuffled(trial)
    slow = trial.items.filter(role=Role.CANDIDATE).values("alert_id")
    Alert.objects.filter(pk__in=slow).update(created_at=trial.created_at - timedelta(days=3))
    assert failed(trial) == ["waiting time"]


def test_a_moderator_who_met_one_side_only_decides_nothing() -> None:
    trial = given("weapons", [[*wins(6), *MIXED]] * 4, judge=str)
    shuffled(trial)
    assert failed(trial) == ["moderators"]


def test_labels_missing_on_one_side_decide_nothing() -> None:
    trial = given("weapons", [[*wins(6), *MIXED]] * 4)
    shuffled(trial)
    sides = trial.items.filter(role=Role.CHAMPION)
    for one in list(sides):
        Alert.objects.filter(pk=one.alert_id).update(state="open")
        copy = Alert.objects.create(
            listing_version=one.listing_version, topic="drugs", day=trial.created_at.date(),
            score=0.5, priority=0.5, purpose="trial", state="decided",
            created_at=trial.created_at - timedelta(minutes=one.step * 13 % 50),
        )  # fmt: skip
        Decision.objects.create(
            alert=copy, moderator=User.objects.get(username="anna"), verdict="cannot_tell",
            policy_version=1, generation=trial.generation, decided_at=trial.created_at, seconds=1.0,
        )  # fmt: skip
        TrialItem.objects.filter(pk=one.pk).update(alert=copy)
    assert "missing labels" in failed(trial)


def test_a_back_test_with_old_labels_has_one_side_only() -> None:
    trial = given("weapons", [wins(2)], mode="reuse")
    assert checks_of(trial) == []
