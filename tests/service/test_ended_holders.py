"""A scorer that dies holding a lease: its versions are free at once, or when the lease runs out."""

from __future__ import annotations

import os
import subprocess
from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models.functions import Now
from tests.service.conftest import listing

from mimawari.records.work import LeasedVersion
from mimawari.service.intake import leases, log
from mimawari.service.intake.models import ListingVersion
from mimawari.service.intake.stream import DatabaseStream
from mimawari.service.scoring.models import Score
from mimawari.service.scoring.scorer import LEASE_SECONDS, Scorer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("generation")]
Patch = pytest.MonkeyPatch


@pytest.fixture
def ended() -> int:
    """Give the number of a process that has ended."""
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


def leased_by(pid: int, patch: Patch, host: str | None = None) -> list[LeasedVersion]:
    """Lease all that waits as another process would."""
    with patch.context() as other:
        other.setattr(os, "getpid", lambda: pid)
        if host is not None:
            other.setattr(leases, "here", lambda: host)
        return DatabaseStream().fetch(10, LEASE_SECONDS)


def test_another_scorer_goes_on_at_once(ended: int, monkeypatch: Patch) -> None:
    log.append([listing(i, "a pistol") for i in range(3)])
    running = Scorer()
    assert len(leased_by(ended, monkeypatch)) == 3
    assert running.score_batch() == 3
    assert Score.objects.count() == 3


def test_one_that_starts_takes_the_oldest_first(ended: int, monkeypatch: Patch) -> None:
    log.append([listing(1)])
    (held,) = leased_by(ended, monkeypatch)
    log.append([listing(2)])
    assert [one.id for one in DatabaseStream().fetch(1, LEASE_SECONDS)] == [held.id]


def test_the_dead_ones_last_word_counts_for_nothing(ended: int, monkeypatch: Patch) -> None:
    log.append([listing(1, "a pistol")])
    held = leased_by(ended, monkeypatch)
    assert len(DatabaseStream().fetch(1, LEASE_SECONDS)) == 1
    with transaction.atomic():
        assert DatabaseStream().ack(held) == set()


def test_what_a_running_process_holds_stays_its_own() -> None:
    log.append([listing(1)])
    (held,) = DatabaseStream().fetch(1, LEASE_SECONDS)
    assert Scorer().score_batch() == 0
    assert ListingVersion.objects.get().lease == held.lease


def test_of_another_hosts_process_nothing_is_known_until_its_time_is_over(
    ended: int, monkeypatch: Patch
) -> None:
    log.append([listing(1, "a pistol")])
    leased_by(ended, monkeypatch, "elsewhere")
    assert Scorer().score_batch() == 0
    ListingVersion.objects.update(leased_until=Now() - timedelta(seconds=1))
    assert Scorer().score_batch() == 1


def test_each_lease_has_a_name_of_its_own() -> None:
    names = {leases.new_lease() for _ in range(1_000)}
    assert len(names) == 1_000
    assert max(names) < 2**62
