"""The durable log and the worker: exactly once, newest version, top K, set aside."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.service.conftest import listing

from mimawari.service.intake import log
from mimawari.service.intake.chain import chain
from mimawari.service.intake.models import ListingVersion, Score, State
from mimawari.service.ops.commands import activate_topic_file
from mimawari.service.review.models import Alert, AlertState
from mimawari.service.worker import MOST_ATTEMPTS, Worker

pytestmark = pytest.mark.django_db(transaction=True)


def drain(worker: Worker) -> int:
    done = 0
    while now := worker.run_once():
        done += now
    return done


def test_statuses_of_versions(generation: int) -> None:
    assert log.append([listing(1, version=2)]) == [log.ACCEPTED]
    assert log.append([listing(1, version=2)]) == [log.DUPLICATE]
    assert log.append([listing(1, "another", version=2)]) == [log.CONFLICT]
    assert log.append([listing(1, version=1)]) == [log.STALE]
    assert log.append([listing(1, version=3), listing(1, version=3)]) == ["accepted", "duplicate"]
    states = dict(ListingVersion.objects.values_list("version", "state"))
    assert states == {1: State.SUPERSEDED, 2: State.SUPERSEDED, 3: State.PENDING}
    assert ListingVersion.objects.get(version=2).payload.count("another") == 0


def test_two_versions_in_one_group_leave_the_newest_pending(generation: int) -> None:
    assert log.append([listing(1, version=1), listing(1, version=2)]) == ["accepted"] * 2
    states = dict(ListingVersion.objects.values_list("version", "state"))
    assert states == {1: State.SUPERSEDED, 2: State.PENDING}


def test_each_version_is_scored_once_and_stamped(generation: int) -> None:
    log.append([listing(i, "a pistol" if i % 2 else "a cup") for i in range(5)])
    worker = Worker(batch=2)
    assert drain(worker) == 5
    assert drain(Worker()) == 0
    assert Score.objects.count() == 5
    assert set(Score.objects.values_list("generation_id", flat=True)) == {generation}
    told = chain("L1")
    assert told is not None
    topic = told["versions"][0]["score"]["topics"]["weapons"]
    assert topic["rules"] == ["weapons/word"]
    assert topic["score"] == pytest.approx(0.5)
    assert told["versions"][0]["alerts"][0]["state"] == "open"


def test_a_second_worker_writes_nothing_twice(generation: int) -> None:
    log.append([listing(1, "a pistol")])
    first, second = Worker(), Worker()
    first.refresh()
    second.refresh()
    stale = log.fetch(10)
    drain(first)
    second._deal_with(stale)
    assert Score.objects.count() == 1
    assert Alert.objects.count() == 1


@pytest.mark.usefixtures("generation")
def test_open_alerts_never_exceed_the_capacity() -> None:
    worker = Worker(batch=2)
    for start in (0, 5):
        log.append([listing(i, "a pistol") for i in range(start, start + 5)])
        drain(worker)
        assert Alert.objects.filter(state=AlertState.OPEN).count() == 3
    assert set(Alert.objects.values_list("state", flat=True)) <= {"open", "displaced"}


@pytest.mark.usefixtures("generation")
def test_a_decided_alert_spends_capacity() -> None:
    worker = Worker()
    log.append([listing(i, "a pistol") for i in range(3)])
    drain(worker)
    Alert.objects.update(state=AlertState.DECIDED)
    log.append([listing(i, "a pistol") for i in range(10, 13)])
    drain(worker)
    assert Alert.objects.filter(state=AlertState.OPEN).count() == 0


@pytest.mark.usefixtures("generation")
def test_an_edit_closes_the_older_versions_alert() -> None:
    worker = Worker()
    log.append([listing(1, "a pistol")])
    drain(worker)
    log.append([listing(1, "a cup", version=2)])
    drain(worker)
    assert [a.state for a in Alert.objects.all()] == [AlertState.SUPERSEDED]


@pytest.mark.usefixtures("generation")
def test_a_listing_that_breaks_scoring_is_set_aside_and_the_others_go_on() -> None:
    log.append([listing(i) for i in range(5)])
    ListingVersion.objects.filter(listing_id="L3").update(payload='{"broken": true}')
    worker = Worker()
    for _ in range(MOST_ATTEMPTS):
        worker.run_once()
    aside = ListingVersion.objects.get(listing_id="L3")
    assert aside.state == State.SET_ASIDE
    assert "broken" in aside.error
    assert ListingVersion.objects.filter(state=State.SCORED).count() == 4
    assert drain(worker) == 0


@pytest.mark.usefixtures("generation")
def test_a_new_generation_is_taken_up_between_batches(topic_file: Callable[..., Path]) -> None:
    worker = Worker()
    log.append([listing(1, "a sabre")])
    drain(worker)
    assert not Alert.objects.exists()
    number = activate_topic_file(topic_file("weapons", "sabre"), "tests", "swords too")
    log.append([listing(2, "a sabre")])
    drain(worker)
    assert Alert.objects.get().listing_version.listing_id == "L2"
    assert Score.objects.get(listing_version__listing_id="L2").generation_id == number
    scores = np.frombuffer(bytes(Score.objects.latest("scored_at").scores), "<f4")
    assert len(scores) == 2
