"""The durable log as a stream, through the checks that every stream passes; and side by side."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models import F
from tests.service.conftest import listing
from tests.stores import empty

from mimawari.records.work import LeasedVersion
from mimawari.service.intake import log
from mimawari.service.intake.models import ListingVersion, State
from mimawari.service.intake.stream import DatabaseStream
from mimawari.streams.conformance import CHECKS, Harness, check_stream

pytestmark = pytest.mark.django_db(transaction=True)


def pass_time(seconds: float) -> None:
    """Let leases age: the database's clock cannot be moved."""
    leased = ListingVersion.objects.exclude(leased_until=None)
    leased.update(leased_until=F("leased_until") - timedelta(seconds=seconds))


def harness() -> Harness:
    empty()
    return Harness(DatabaseStream(), pass_time, transaction.atomic)


def test_it_conforms() -> None:
    check_stream(harness)
    assert len(CHECKS) == 8


def test_two_fetches_at_once_share_the_work() -> None:
    """Eight threads fetch and acknowledge together: each version is one thread's, none is left."""
    log.append([listing(i) for i in range(400)])
    acknowledged: list[list[int]] = [[] for _ in range(8)]

    def work(mine: list[int]) -> None:
        stream = DatabaseStream()
        while leased := stream.fetch(7, 60.0):
            with transaction.atomic():
                mine.extend(stream.ack(leased))
        connection.close()

    threads = [threading.Thread(target=work, args=(mine,)) for mine in acknowledged]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    everything = [number for mine in acknowledged for number in mine]
    assert len(everything) == len(set(everything)) == 400
    assert not ListingVersion.objects.filter(state=State.PENDING).exists()


def test_writers_of_the_same_listings_wait_for_no_one_and_agree() -> None:
    """Six writers bring the same versions, and each one more: every version is there once."""
    groups = [
        [*(listing(i) for i in range(300)), *(listing(i, version=2 + n) for i in range(300))]
        for n in range(6)
    ]
    statuses: list[list[str]] = [[] for _ in groups]
    errors: list[Exception] = []

    def write(number: int) -> None:
        try:
            statuses[number] = log.append(groups[number])
        except Exception as error:  # looked at below
            errors.append(error)
        connection.close()

    threads = [threading.Thread(target=write, args=(n,)) for n in range(len(groups))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert ListingVersion.objects.count() == 300 * 7
    firsts = [status for group in statuses for status in group[:300]]
    assert firsts.count("duplicate") == 300 * 5
    # What no writer could see is closed by whoever scores the newest version.
    stream = DatabaseStream()
    acknowledged: set[int] = set()
    while leased := stream.fetch(1_000, 60.0):
        with transaction.atomic():
            mine = stream.ack(leased)
            log.supersede_older(mine)
        acknowledged |= mine
    newest = ListingVersion.objects.filter(version=7).values_list("pk", flat=True)
    assert acknowledged == set(newest)
    assert not ListingVersion.objects.filter(state=State.PENDING, version__lt=7).exists()


@pytest.mark.skipif(
    "connection.vendor != 'postgresql'", reason="the table of locks is PostgreSQL's"
)
def test_a_group_takes_few_locks() -> None:
    """Thousands of listings in one transaction leave the lock table as it is."""
    with transaction.atomic():
        log.append([listing(i) for i in range(4_500)])
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid()")
            assert cursor.fetchone()[0] < 50


def test_a_version_that_was_written_late_does_not_come_again_for_ever() -> None:
    """Its writer saw no newer version, and the newer one was scored before it was there."""
    stream = DatabaseStream()
    stream.publish([listing(1, version=7)])
    with transaction.atomic():
        assert len(stream.ack(stream.fetch(1, 60.0))) == 1
    late = ListingVersion.objects.get()
    late.pk, late.version, late.state = None, 2, State.PENDING
    late.lease = late.leased_until = None
    late.save(force_insert=True)
    leased = stream.fetch(1, 60.0)
    with transaction.atomic():
        assert (len(leased), stream.ack(leased)) == (1, set())
    assert stream.lag() == 0
    assert ListingVersion.objects.get(version=2).state == State.SUPERSEDED


def test_a_lease_is_of_the_row_itself() -> None:
    log.append([listing(1)])
    (leased,) = DatabaseStream().fetch(1, 60.0)
    row = ListingVersion.objects.get()
    assert isinstance(leased, LeasedVersion)
    assert (row.lease, row.state) == (leased.lease, State.PENDING)
