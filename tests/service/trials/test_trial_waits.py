"""A trial that waits says for what."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from tests.acting import EVE
from tests.service.trials import world
from typer.testing import CliRunner

from mimawari.service.review.models import Verdict
from mimawari.service.trials import runner
from mimawari.service.trials.models import Trial
from mimawari.service.trials.trial_summary import summarise
from mimawari.service.trials.trials import start_backtest, start_experiment, stop

pytestmark = pytest.mark.django_db(transaction=True)
WINDOW = {"window_days": 14, "seed": 3, "minimum_days": 1}


@pytest.fixture
def people(transactional_db: None) -> list[User]:
    """Give two moderators."""
    return world.moderators()


def waits(trial: Trial) -> str:
    return "; ".join(summarise(world.again(trial)).waits_for)


def test_for_verdicts_then_for_tomorrow_then_for_nothing(
    past: world.Market, candidate: str, people: list[User]
) -> None:
    trial = start_backtest(
        world.TOPIC, candidate, EVE, "why", mode="fresh", reviews_per_day=4, **WINDOW
    )
    assert waits(trial) == ""
    runner.advance()
    assert "moderators' verdicts on " in waits(trial)
    past.review(people)
    runner.advance()
    assert waits(trial).endswith("reviews of 2026-03-19: those of today are spent")
    stop(trial, EVE, "enough")
    assert waits(trial) == ""


def test_for_another_moderator(past: world.Market, candidate: str, people: list[User]) -> None:
    trial = start_backtest(
        world.TOPIC, candidate, EVE, "why", mode="fresh", reviews_per_day=2, **WINDOW
    )
    runner.advance()
    past.review(people[:1], says=lambda alert, who: Verdict.CANNOT_TELL)
    runner.advance()
    assert "another moderator for" in waits(trial)


def test_for_old_labels_that_are_asked_for_again(
    past: world.Market, candidate: str, people: list[User]
) -> None:
    trial = start_backtest(world.TOPIC, candidate, EVE, "why", recheck=149, **WINDOW)
    for _ in range(8):
        past.pass_days(1, people)
    assert " old labels that are asked for again" in waits(trial)


def test_for_the_next_round_and_for_days(market: world.Market, candidate: str) -> None:
    trial = start_experiment(world.TOPIC, candidate, EVE, "why", round_minutes=1440)
    assert waits(trial) == "the trials role, which has not looked at it yet"
    runner.advance()
    assert "days: 0 of at least 3 are in" in waits(trial)
    assert "its next round, due 2026-03-03 12:00 UTC" in waits(trial)
    market.clock.go(days=2)
    assert "its next round, which is due now" in waits(trial)


def test_the_command_says_so(market: world.Market, candidate: str) -> None:
    from mimawari.cli.experiment import app

    trial = start_experiment(world.TOPIC, candidate, EVE, "why", round_minutes=1440)
    runner.advance()
    shown = CliRunner().invoke(app, ["status", str(trial.pk)])
    assert "waits for" in shown.output
    assert "its next round" in shown.output
