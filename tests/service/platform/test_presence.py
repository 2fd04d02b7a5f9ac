"""Heartbeats, and what is told of the processes from them."""

from __future__ import annotations

import os
from datetime import timedelta

import pytest

from mimawari.service.platform import presence
from mimawari.service.platform.clock import database_now
from mimawari.service.platform.heartbeats import Heartbeat
from mimawari.service.platform.models import RoleProcess

pytestmark = pytest.mark.django_db(transaction=True)


def beat_ago(seconds: float, role: str = "scorer", host: str = "elsewhere") -> None:
    at = database_now() - timedelta(seconds=seconds)
    RoleProcess.objects.create(
        role=role, host=host, pid=1, started_at=at, beat_at=at, generation=int(seconds)
    )


def test_a_heartbeat_keeps_one_row_and_takes_it_away() -> None:
    generation = [None, 7]
    heartbeat = Heartbeat("scorer", lambda: generation[-1], lambda: "in trouble")
    heartbeat.turn()
    generation.append(8)
    heartbeat.turn()
    row = RoleProcess.objects.get()
    assert (row.role, row.pid, row.generation, row.state) == (
        "scorer",
        os.getpid(),
        8,
        "in trouble",
    )
    assert row.beat_at > row.started_at
    heartbeat.ended()
    assert not RoleProcess.objects.exists()


def test_a_row_that_was_taken_away_is_written_again() -> None:
    heartbeat = Heartbeat("scorer")
    heartbeat.turn()
    started = RoleProcess.objects.get().started_at
    RoleProcess.objects.all().delete()
    heartbeat.turn()
    assert RoleProcess.objects.get().started_at == started


def test_a_new_process_takes_the_place_of_a_lost_one_of_its_host() -> None:
    heartbeat = Heartbeat("scorer")
    heartbeat.turn()
    host = RoleProcess.objects.get().host
    RoleProcess.objects.all().delete()
    beat_ago(60, host=host)
    beat_ago(60, host="elsewhere")
    beat_ago(60, role="trials", host=host)
    heartbeat.turn()
    left = RoleProcess.objects.order_by("id").values_list("role", "host")
    assert list(left) == [("scorer", "elsewhere"), ("trials", host), ("scorer", host)]


def test_a_role_is_lost_after_fifteen_seconds() -> None:
    beat_ago(14)
    beat_ago(16)
    beat_ago(16, role="keeper")
    present = presence.processes()
    assert [one.lost for one in present] == [True, False, True]
    needed = ["edge", "keeper", "scorer"]
    assert presence.missing(needed, present) == ["edge", "keeper"]
    told = presence.by_role(needed, present)
    assert told["scorer"].processes == 1
    assert told["scorer"].generation == 14
    assert (told["edge"].processes, told["edge"].seconds) == (0, None)
    assert told["keeper"].processes == 0


def test_a_process_of_this_host_that_ended_is_lost_at_once() -> None:
    heartbeat = Heartbeat("scorer")
    heartbeat.turn()
    RoleProcess.objects.update(pid=2**22 + 1)  # above the largest number of a process
    (one,) = presence.processes()
    assert one.lost
