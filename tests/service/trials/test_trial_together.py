"""Several trials roles, several moderators and the worker at once: nothing is done twice."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import pairwise

import pytest
from django.db import connection, connections
from django.db.models import Count
from tests.acting import EVE
from tests.service.trials import world

from mimawari.errors import InvalidInputError
from mimawari.service.admission.models import Alert, Purpose
from mimawari.service.review.models import Decision
from mimawari.service.trials import runner
from mimawari.service.trials.evidence import fold
from mimawari.service.trials.models import Outcome, Trial, TrialItem, TrialState
from mimawari.service.trials.trials import start_backtest, start_experiment

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*works: Callable[[], object]) -> None:
    """Run all in threads of their own, started together; what any raises is raised here."""
    barrier, raised = threading.Barrier(len(works)), []

    def run(work: Callable[[], object]) -> None:
        try:
            barrier.wait()
            work()
        except Exception as error:
            raised.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert raised == []


def check_nothing_twice(trial: Trial) -> None:
    """Check what every trial must keep to, whoever worked on it."""
    kinds = [one.kind for one in trial.events.order_by("pk")]
    for kind in ("started", "prepared", "ended", "handed_over"):
        assert kinds.count(kind) <= 1
    assert "failed" not in kinds
    places = trial.items.values("step", "role", "listing_version").annotate(n=Count("pk"))
    assert set(places.values_list("n", flat=True).order_by()) <= {1}
    steps = sorted(set(trial.items.exclude(role="recheck").values_list("step", flat=True)))
    assert steps == list(range(1, len(steps) + 1))
    mine = Alert.objects.filter(topic=trial.topic, purpose=Purpose.TRIAL)
    assert mine.count() == mine.values("listing_version").distinct().count()
    looks = list(trial.looks.order_by("pk").values_list("steps", "log_e", "log_f"))
    assert all(a != b for a, b in pairwise(looks))
    world.keeps_to_the_capacity()


def test_a_back_test_by_many_hands(past: world.Market, candidate: str) -> None:
    people = world.moderators(3)
    trial = start_backtest(
        world.TOPIC, candidate, EVE, "why", window_days=14, mode="fresh", reviews_per_day=12
    )
    for _ in range(12):
        at_once(runner.advance, runner.advance)
        past.arrive()
        at_once(
            runner.advance,
            runner.advance,
            *(lambda who=who: past.review([who]) for who in people),
        )
        check_nothing_twice(trial)
        past.clock.go(days=1)
        if world.again(trial).state == TrialState.ENDED:
            break
    assert world.again(trial).outcome == Outcome.PROMOTE
    assert trial.events.filter(kind="ended").count() == 1
    # Each item was decided once: nobody judged what another one held.
    decided = Decision.objects.filter(alert__trial_items__trial=trial)
    assert decided.count() == decided.values("alert").distinct().count()


def test_rounds_closed_by_many_hands(market: world.Market, candidate: str) -> None:
    market.history(1)
    trial = start_experiment(world.TOPIC, candidate, EVE, "why", round_minutes=720, minimum_days=30)
    people = world.moderators(2)
    for _ in range(6):
        at_once(lambda: market.arrive(60), runner.advance, runner.advance)
        market.clock.go(hours=12)
        at_once(
            runner.advance,
            runner.advance,
            *(lambda who=who: market.review([who]) for who in people),
        )
        check_nothing_twice(trial)
    market.review(people)
    runner.advance()
    assert trial.rounds.count() == 6
    assert sum(one.listings for one in trial.rounds.all()) == 360
    assert fold(trial).evidence.steps == max(trial.items.values_list("step", flat=True))


def test_two_that_start_the_same(past: world.Market, candidate: str) -> None:
    refused = []

    def start() -> None:
        try:
            start_backtest(world.TOPIC, candidate, EVE, "why", window_days=14, recheck=0)
        except InvalidInputError as error:
            refused.append(str(error))

    at_once(start, start, start)
    assert Trial.objects.count() == 1
    assert len(refused) == 2
    assert all("running" in said for said in refused)


class Killed(BaseException):
    """What no handler of errors catches."""


def interrupted(after: int, work: Callable[[], object], trial: Trial) -> bool:
    """Do some work and lose the database after so many statements; gives whether it was."""
    left = iter(range(after))

    def interrupt(execute: Callable[..., object], *given: object) -> object:
        if next(left, None) is None:
            raise Killed
        return execute(*given)

    try:
        with connection.execute_wrapper(interrupt):
            work()
    except Killed:
        connection.close()
        check_nothing_twice(trial)
        return True
    return False


def test_a_transaction_that_breaks_leaves_nothing_half_done(
    past: world.Market, candidate: str
) -> None:
    """Wherever the database stops a turn, the next one ends where an undisturbed one does."""
    trial = start_backtest(world.TOPIC, candidate, EVE, "why", window_days=14, recheck=6, seed=5)
    past.arrive()
    broken = sum(interrupted(stop_at, runner.advance, trial) for stop_at in range(1, 90, 2))
    assert broken > 10
    runner.advance()
    check_nothing_twice(trial)
    assert TrialItem.objects.exclude(alert=None).count() == trial.design["reviews_per_day"]
    items = list(trial.items.order_by("pk").values_list("step", "role", "listing_version"))
    events_before = [one.kind for one in trial.events.order_by("pk")]
    assert events_before == ["started", "prepared"]
    Trial.objects.filter(pk=trial.pk).update(state="ended")
    again = "compare" if trial.looks.exists() else ""
    undisturbed = start_backtest(
        world.TOPIC, candidate, EVE, "why", again=again, window_days=14, recheck=6, seed=5
    )
    runner.advance()
    fresh = undisturbed.items.exclude(role="recheck").order_by("pk")
    wanted = list(fresh.values_list("step", "role", "listing_version"))
    assert [one for one in items if one[1] != "recheck"] == wanted
