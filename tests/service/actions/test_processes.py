"""Processes of their own: two that decide at once, and one that is killed while it decides."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from functools import partial
from multiprocessing import get_context

import pytest
from django.contrib.auth.models import User
from django.db import connections
from tests.service.actions.conftest import (
    CLAUSES,
    STRIKES,
    Activate,
    judge,
    moderator,
    offer,
    taken,
)

from mimawari.service.actions import strikes
from mimawari.service.actions.models import Action, StandingAction, Strike
from mimawari.service.admission.models import Alert
from mimawari.service.audit.models import Event
from mimawari.service.review import queue
from mimawari.service.review.models import Decision

pytestmark = pytest.mark.django_db(transaction=True)
FORK = get_context("fork")


def in_processes(*calls: Callable[[], object]) -> list[int | None]:
    """Run each in a process of its own, all begun at one moment; gives how they ended."""
    connections.close_all()
    ready = FORK.Barrier(len(calls))

    def run(call: Callable[[], object]) -> None:
        ready.wait(30)
        call()
        connections.close_all()
        os._exit(0)

    processes = [FORK.Process(target=run, args=(call,)) for call in calls]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    return [process.exitcode for process in processes]


def decide(alert: Alert, who: User) -> None:
    queue.decide(alert, who, queue.Judgement("violates", "blade"), 1.0)


def test_two_processes_that_decide_at_once(activate: Activate) -> None:
    """On listings of one seller: both strikes count, and there is one restriction."""
    activate(CLAUSES + STRIKES)
    anna, ben = moderator("anna"), moderator("ben")
    for turn in range(3):
        offer(2 * turn, seller=f"s{turn}")
        offer(2 * turn + 1, seller=f"s{turn}")
        first, second = queue.next_alert(anna), queue.next_alert(ben)
        ended = in_processes(partial(decide, first, anna), partial(decide, second, ben))
        assert ended == [0, 0]
        mine = Strike.objects.filter(listing_version__seller_id=f"s{turn}")
        assert sorted(mine.values_list("total", flat=True)) == [2, 4]
        held = StandingAction.objects.filter(
            target="seller", action__listing_version__seller_id=f"s{turn}"
        )
        assert held.count() == 1
    assert Decision.objects.count() == 6


def test_two_processes_with_the_same_press(activate: Activate) -> None:
    activate()
    offer()
    anna = moderator("anna")
    alert = queue.next_alert(anna)
    ended = in_processes(*[partial(decide, alert, anna)] * 3)
    assert sorted(code == 0 for code in ended) == [False, False, True]
    assert (Decision.objects.count(), Action.objects.count()) == (1, 1)


def test_a_kill_between_the_decision_and_its_strike(
    activate: Activate, monkeypatch: pytest.MonkeyPatch
) -> None:
    activate(CLAUSES + STRIKES)
    offer()
    anna = moderator("anna")
    alert = queue.next_alert(anna)
    before = Event.objects.count()
    with monkeypatch.context() as patch:
        patch.setattr(strikes, "follow", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
        assert in_processes(partial(decide, alert, anna)) == [-signal.SIGKILL]
    assert not Decision.objects.exists()
    assert not Action.objects.exists()
    assert not StandingAction.objects.exists()
    assert Event.objects.count() == before
    judge("anna")
    assert taken() == ["hide -> hide"]
    assert Strike.objects.count() == 1
