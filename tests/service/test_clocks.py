"""Hosts whose clocks differ: leases, days and floors follow the database's clock."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone
from tests.service.conftest import listing
from tests.service.working import work

from mimawari.service.admission.models import Alert, AlertState
from mimawari.service.intake import log
from mimawari.service.intake.models import ListingVersion
from mimawari.service.intake.stream import DatabaseStream
from mimawari.service.platform.clock import database_now
from mimawari.service.review import queue
from mimawari.service.scoring.models import DayList, DayVolume, Score

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("generation"),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite's clock is the host's"),
]
MINUTES = [-30, 30]
DAY = timedelta(days=1)


def set_clock(patch: pytest.MonkeyPatch, ahead: timedelta) -> None:
    """Have this host's clock go ahead of the database's, or after it."""
    now = timezone.now
    patch.setattr(timezone, "now", lambda: now() + ahead)


def near(moment: datetime) -> bool:
    return abs(moment - database_now()) < timedelta(minutes=1)


@pytest.mark.parametrize("minutes", MINUTES)
def test_another_host_keeps_the_lease_of_a_version(
    minutes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.append([listing(1)])
    with monkeypatch.context() as patch:
        set_clock(patch, timedelta(minutes=minutes))
        assert len(DatabaseStream().fetch(1, 60.0)) == 1
    assert DatabaseStream().fetch(1, 60.0) == []
    version = ListingVersion.objects.get()
    assert version.leased_until is not None
    assert near(version.leased_until - timedelta(seconds=60))
    assert near(version.received_at)


@pytest.mark.parametrize("minutes", MINUTES)
def test_a_moderators_lease_holds_on_every_host(
    minutes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither another moderator gets the alert, nor does the admitter push it out."""
    anna, ben = (User.objects.create_user(name) for name in ("anna", "ben"))
    log.append([listing(i, "a pistol") for i in range(3)])
    work()
    with monkeypatch.context() as patch:
        set_clock(patch, timedelta(minutes=minutes))
        held = queue.next_alert(anna)
    assert held is not None
    other = queue.next_alert(ben)
    assert other is not None
    assert other.pk != held.pk
    Alert.objects.update(score=0.1)  # what comes next is better than all
    log.append([listing(i, "a pistol") for i in range(10, 14)])
    work()
    assert Alert.objects.get(pk=held.pk).state == AlertState.OPEN
    assert Alert.objects.filter(state=AlertState.OPEN).count() == 3
    with monkeypatch.context() as patch:
        set_clock(patch, timedelta(minutes=minutes))
        assert near(queue.decide(held, anna, "violates", 1.0).decided_at)


@pytest.mark.parametrize("days", [-1, 1])
def test_days_and_floors_are_the_databases(days: int, monkeypatch: pytest.MonkeyPatch) -> None:
    set_clock(monkeypatch, days * DAY)
    log.append([listing(i, "a pistol") for i in range(4)])
    work()
    today = {database_now().date()}
    for model in (Score, Alert, DayVolume, DayList):
        assert set(model.objects.values_list("day", flat=True)) == today
    assert DayList.objects.get(topic="weapons").floor == pytest.approx(0.5)
    work()
    assert Alert.objects.filter(state=AlertState.OPEN).count() == 3
