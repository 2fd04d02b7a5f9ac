"""Pages, the API and scores of a day are the same wherever versions are."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import numpy as np
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.acting import TESTS
from tests.service.conftest import listing
from tests.service.history.world import DAY, FIRST, Clock, close
from tests.service.working import work_off

from mimawari.service.accounts import roles
from mimawari.service.accounts.authority import of_user
from mimawari.service.console.timeline import events
from mimawari.service.history import days
from mimawari.service.history.reading import day_scores
from mimawari.service.intake import log
from mimawari.service.intake.endings import Report, record_ended
from mimawari.service.intake.models import EndReason, ListingVersion
from mimawari.service.media.models import Snapshot, SnapshotState
from mimawari.service.retention.moving import move
from mimawari.service.review import listing_history
from mimawari.service.review.listing_history import history_of
from mimawari.service.scoring.columns import scores_by_topic
from mimawari.service.scoring.models import Score

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def much_happened(world: Clock) -> Clock:
    """A listing of three versions on two days, with a picture; another that ended."""
    for day in range(2):
        world.now = FIRST + timedelta(days=day, hours=1)
        log.append([listing(1, f"a cup {i}", version=2 + 2 * day + i) for i in range(day + 1)])
        work_off()
    number = ListingVersion.objects.get(listing_id="L1", version=2).pk
    Snapshot.objects.create(
        listing_version_id=number,
        position=0,
        url="https://img.example/1",
        state=SnapshotState.GAVE_UP,
        problem="it is not there",
        due_at=FIRST,
    )
    world.now = FIRST + timedelta(days=60)
    record_ended([Report("L3", EndReason.SOLD)], TESTS)
    return world


def move_all() -> None:
    for day in (DAY, DAY + timedelta(days=1)):
        move(close(day), TESTS, "over")


def test_the_history_of_a_listing_is_the_same(much_happened: Clock) -> None:
    before = {name: history_of(name) for name in ("L0", "L1", "L3", "L5", "L25")}
    move_all()
    assert not ListingVersion.objects.filter(listing_id="L3").exists()
    assert {name: history_of(name) for name in before} == before
    first = before["L1"]
    assert first is not None
    assert [version.version for version in first.versions] == [5, 4, 2, 1]
    assert len(first.versions[2].pictures) == 1
    assert history_of("L999") is None


def test_pages_of_a_listing_go_on_into_files(much_happened: Clock) -> None:
    move_all()
    log.append([listing(1, "a cup again", version=9)])
    page = history_of("L1", most=2)
    assert page is not None
    assert ([v.version for v in page.versions], page.next_before) == ([9, 5], 5)
    page = history_of("L1", before=5, most=2)
    assert page is not None
    assert ([v.version for v in page.versions], page.next_before) == ([4, 2], 2)
    page = history_of("L1", before=1)
    assert page == listing_history.ListingHistory("L1", []), "known, but nothing is older"


def test_the_page_of_a_listing_is_the_same(much_happened: Clock, client: Client) -> None:
    lead = roles.add("lead", None, "lead", TESTS)
    before = {name: events(name, of_user(lead)) for name in ("L0", "L1", "L3")}
    client.force_login(lead)
    move_all()
    for name, versions in before.items():
        after = events(name, of_user(lead))
        assert [msgspec.structs.replace(version, moved=False) for version in after] == versions
    assert [version.moved for version in events("L1", of_user(lead))] == [
        True,
        False,
        True,
        True,
    ], "what was never scored stays"
    assert "a cup" in client.get("/listing", {"id": "L1"}).content.decode()


def test_queries_do_not_grow_with_versions(
    much_happened: Clock,
) -> None:
    move_all()
    counts = []
    for name in ("L5", "L1"):
        with CaptureQueriesContext(connection) as asked:
            history_of(name)
        counts.append(len(asked))
    assert counts[1] <= counts[0] + 1, "notes of pictures, of what is in the database"


def test_a_day_that_is_only_closed_costs_a_listing_nothing(
    world: Clock,
) -> None:
    close()
    days.file_of(days.closed_days()[0], "scores").unlink()
    assert history_of("L1") is not None, "the file is not asked: all is in the database"


@pytest.mark.parametrize("topic", ["weapons", "drugs", "unknown"])
def test_scores_of_a_day_are_the_same(world: Clock, topic: str) -> None:
    hot = day_scores(DAY, topic)
    stored = Score.objects.filter(day=DAY).select_related("generation").order_by("pk")
    naive = {
        row.pk: scores_by_topic(row)[topic].score for row in stored if topic in scores_by_topic(row)
    }
    assert dict(
        zip(hot.numbers.tolist(), hot.scores.round(6).tolist(), strict=True)
    ) == pytest.approx(naive)
    assert len(naive) == (topic == "weapons")
    row = close()
    closed = day_scores(DAY, topic)
    move(row, TESTS, "over")
    moved = day_scores(DAY, topic)
    for other in (closed, moved):
        np.testing.assert_array_equal(other.numbers, hot.numbers)
        np.testing.assert_array_equal(other.scores, hot.scores)


def test_a_day_counts_once_while_its_rows_leave(
    world: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mimawari.service.retention import moving

    monkeypatch.setattr(moving, "CHUNK", 3)
    seen = []
    versions = {name: history_of(name) for name in ("L1", "L5", "L9")}
    row = close()

    def look(_: object) -> None:
        seen.append(len(day_scores(DAY, "weapons").numbers))
        assert {name: history_of(name) for name in versions} == versions

    move(row, TESTS, "over", progress=look)
    assert seen == [1] * 4
