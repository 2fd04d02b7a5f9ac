"""Whoever reads on misses nothing, in whatever order transactions commit."""

from __future__ import annotations

import base64
import threading
from datetime import timedelta

import msgspec
import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from tests.acting import TESTS
from tests.service.audit.world import NOTE, Note
from tests.service.delivery.conftest import alerts, decide
from tests.stores import unsealed

from mimawari.errors import InvalidInputError
from mimawari.service.admission.event_kinds import ALERT, AlertDetails
from mimawari.service.audit.models import Event
from mimawari.service.audit.record import record
from mimawari.service.audit.sealing import seal_all
from mimawari.service.delivery import cursor, reading, sealed_events
from mimawari.service.platform import clock

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("generation")]


def tell(alert: int, version: int) -> int:
    return record(ALERT, alert, TESTS, AlertDetails(version, "weapons")).pk


def test_a_lower_number_that_commits_later_is_not_missed() -> None:
    """One writer takes its number first and commits last; a reader reads on in between."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time: numbers are in the order of commits")
    (alert,) = alerts(1)
    numbered, may_commit, numbers = threading.Event(), threading.Event(), list[int]()

    def slow() -> None:
        with transaction.atomic():
            numbers.append(tell(alert.pk, alert.listing_version_id))
            numbered.set()
            may_commit.wait(30)
        connection.close()

    seal_all()
    place = reading.read(0, 100).next
    thread = threading.Thread(target=slow)
    thread.start()
    assert numbered.wait(30)
    with transaction.atomic():
        numbers.append(tell(alert.pk, alert.listing_version_id))
    seal_all()
    first = reading.read(place, 100)
    may_commit.set()
    thread.join()
    seal_all()
    second = reading.read(first.next, 100)
    assert numbers[0] < numbers[1]
    read = [int(one.event.id.rpartition("_")[2]) for one in (*first.events, *second.events)]
    assert read == [numbers[1], numbers[0]]


def test_two_writers_and_a_reader_at_once() -> None:
    (alert,) = alerts(1)
    seal_all()
    place, read, written = reading.read(0, 100).next, list[int](), list[int]()
    count = 60

    def write() -> None:
        for i in range(count):
            with transaction.atomic():
                record(NOTE, "s", TESTS, Note(str(i)))
                written.append(tell(alert.pk, alert.listing_version_id))
        connection.close()

    threads = [threading.Thread(target=write) for _ in range(2)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads) or len(read) < 2 * count:
        seal_all()
        page = reading.read(place, 7)
        place = page.next
        read += [int(one.event.id.rpartition("_")[2]) for one in page.events]
        if not page.more and not any(thread.is_alive() for thread in threads):
            seal_all()
            if not reading.read(place, 7).events:
                break
    for thread in threads:
        thread.join()
    assert sorted(read) == sorted(written)
    assert len(set(read)) == 2 * count


def test_pages_are_bounded_and_follow_each_other(anna: User) -> None:
    alerts(3)
    decide(anna, 3)
    place, pages = 0, []
    while True:
        page = reading.read(place, 2)
        place = page.next
        if not page.events:
            break
        pages.append([one.event.data.listing_id for one in page.events])
    assert [len(page) for page in pages] == [2, 2, 2]
    whole = reading.read(0, 1_000)
    assert [one.event.data.listing_id for one in whole.events] == [i for p in pages for i in p]
    assert not whole.more
    types = {one.event.__struct_config__.tag for one in reading.read(0, 9, ["alert.opened"]).events}
    assert types == {"alert.opened"}


def test_a_page_looks_at_so_much_and_says_that_more_follows(
    anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "WINDOW", 1)
    monkeypatch.setattr(reading, "WINDOWS", 2)
    alerts(1)
    decide(anna)
    page = reading.read(0, 100)
    assert (page.next, page.more) == (2, True)


def test_a_time_is_found() -> None:
    for _ in range(20):
        with transaction.atomic():
            record(NOTE, "s", TESTS, Note("x"))
    seal_all()
    at = list(Event.objects.order_by("sequence").values_list("at", flat=True))
    margin = sealed_events.LONGEST_TRANSACTION
    for moment in at:
        since = sealed_events.EPOCH + timedelta(microseconds=moment) + margin
        assert at[sealed_events.place_at(since)] == moment
    now = clock.database_now()
    assert sealed_events.place_at(now - timedelta(hours=1)) == 0
    assert sealed_events.place_at(now + timedelta(hours=1)) == len(at)


def foreign(**fields: object) -> str:
    own = cursor.Cursor(1, sealed_events.environment(), 0)
    changed = msgspec.structs.replace(own, **fields)
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(changed)).decode().rstrip("=")


def test_a_cursor_is_read_again() -> None:
    alerts(1)
    seal_all()
    assert cursor.read(cursor.written(2)) == 2
    assert cursor.read("") == 0


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"environment": "mimawari.local/other"}, "is of the environment 'mimawari.local/other'"),
        ({"place": 10_000}, "is at 10000, and the ledger ends at"),
        ({"place": -1}, "is at -1"),
        ({"version": 2}, "was written by another version"),
    ],
)
def test_cursors_that_are_refused(fields: dict[str, object], problem: str) -> None:
    with pytest.raises(InvalidInputError, match=f"after: {problem}"):
        cursor.read(foreign(**fields))


@pytest.mark.parametrize("text", ["x", "7", "%%%", "é", "AAAA", "k" * 9_999])
def test_what_is_no_cursor(text: str) -> None:
    with pytest.raises(InvalidInputError, match="after: is no cursor"):
        cursor.read(text)


@pytest.mark.parametrize(
    "column", [{"body": "no JSON"}, {"body": '{"details":{"alert":"x"}}'}, {"subject": "1; 2"}]
)
def test_what_was_altered_by_hand_keeps_nothing_back(
    anna: User, column: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    alerts(3)
    decide(anna, 3)
    told = [event.sequence for event in reading.read(0, 100, ["decision.made"]).events]
    with unsealed():
        Event.objects.filter(sequence=told[1]).update(**column)
    read = reading.read(0, 100, ["decision.made"])
    assert [event.sequence for event in read.events] == [told[0], told[2]]
    assert not read.more
    assert f"the event at place {told[1]} is none that was written" in caplog.text
