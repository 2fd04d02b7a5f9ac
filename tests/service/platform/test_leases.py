"""Leases: one holder at a time, whatever becomes of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction

from mimawari.service.platform import hosts, keeper
from mimawari.service.platform.clock import database_now
from mimawari.service.platform.keeper import Job, Keeper
from mimawari.service.platform.leases import HeldLease, LeaseLostError, Renewal
from mimawari.service.platform.models import Lease, RoleProcess

pytestmark = pytest.mark.django_db(transaction=True)


def run_out() -> None:
    """Let the time of every lease be over."""
    Lease.objects.update(expires_at=database_now() - timedelta(seconds=1))


def test_one_holds_it_at_a_time() -> None:
    first, second = HeldLease("work"), HeldLease("work")
    assert first.take()
    assert first.take(), "renewing is taking again"
    assert not second.take()
    assert (first.holds, second.holds) == (True, False)
    first.release()
    assert second.take()
    assert not first.take()
    assert not first.holds


def test_a_lease_that_ran_out_is_taken_over_and_its_holder_kept_out() -> None:
    first, second = HeldLease("work"), HeldLease("work")
    assert first.take()
    run_out()
    assert second.take()
    assert first.holds, "it cannot know yet"
    with pytest.raises(LeaseLostError), transaction.atomic():
        first.guard()
    assert not first.holds
    with transaction.atomic():
        second.guard()


def test_the_lease_of_a_process_that_ended_here_is_free_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second = HeldLease("work"), HeldLease("work")
    assert first.take()
    monkeypatch.setattr("mimawari.service.platform.leases.has_ended", lambda _host, _pid: True)
    assert second.take()


def test_who_was_stopped_for_long_does_not_hold_it(monkeypatch: pytest.MonkeyPatch) -> None:
    lease = HeldLease("work", seconds=5)
    assert lease.take()
    now = lease._until
    monkeypatch.setattr("mimawari.service.platform.leases.time.monotonic", lambda: now)
    assert not lease.holds


def test_losing_it_is_told_once() -> None:
    told: list[str] = []
    first, second = HeldLease("work"), HeldLease("work")
    renewal = Renewal(first, on_lost=lambda: told.append("lost"))
    renewal.turn()
    run_out()
    assert second.take()
    renewal.turn()
    renewal.turn()
    assert told == ["lost"]


def test_the_keeper_does_what_is_due_while_it_holds_the_lease(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = [100.0]
    monkeypatch.setattr("mimawari.service.platform.keeper.time.monotonic", lambda: clock[0])
    done: list[str] = []

    def fail() -> None:
        done.append("fails")
        raise ValueError("no")

    jobs = [
        Job("fails", 10, fail),
        Job("often", 1, lambda: done.append("often")),
        Job("seldom", 60, lambda: done.append("seldom")),
    ]
    lease = HeldLease("keeper")
    work = Keeper(lease, jobs)
    assert not work.turn(), "it holds no lease"
    assert lease.take()
    clock[0] = lease._until - 10
    assert work.turn()
    assert done == ["fails", "often", "seldom"]
    assert not work.turn()
    clock[0] += 1
    assert work.turn()
    assert done == ["fails", "often", "seldom", "often"]


def test_processes_gone_for_a_day_are_forgotten() -> None:
    now = database_now()
    for hours in (1, 25):
        at = now - timedelta(hours=hours)
        RoleProcess.objects.create(
            role="edge", host=hosts.here(), pid=hours, started_at=at, beat_at=at
        )
    keeper.forget_lost_processes()
    assert [one.pid for one in RoleProcess.objects.all()] == [1]
