"""What a long queue must not cost: looks at every open alert, and sorting what waits."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.acting import TESTS
from tests.service.conftest import listing
from tests.service.working import work

from mimawari.service.accounts import roles
from mimawari.service.accounts.authority import of_user
from mimawari.service.admission import admitter
from mimawari.service.admission.admitter import LooksForGone
from mimawari.service.admission.models import Alert
from mimawari.service.console.overview_page import _backlog
from mimawari.service.intake import log
from mimawari.service.intake.endings import Report, record_ended
from mimawari.service.intake.models import EndReason
from mimawari.service.review import queue
from mimawari.service.review.together import near_duplicates
from mimawari.service.trials.blind_topics import blind_topics

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def anna() -> User:
    return roles.add("anna", None, "moderator", TESTS)


@pytest.fixture
def three(generation: int) -> None:
    log.append([listing(i, "a pistol") for i in range(3)])
    work()


def plans(queries: CaptureQueriesContext) -> list[str]:
    """Give how SQLite answers each of the reads of alerts."""
    reads = [q["sql"] for q in queries if q["sql"].startswith("SELECT") and "_alert" in q["sql"]]
    told = []
    with connection.cursor() as cursor:
        for sql in reads:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
            told.append("; ".join(str(row[-1]) for row in cursor.fetchall()))
    return told


class Clock:
    """A clock that stands still."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_a_short_queue_is_looked_at_each_turn_and_a_long_one_now_and_then(
    three: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Alert.objects.get(listing_version__listing_id="L1")
    looks, clock = LooksForGone(), Clock()
    assert looks.lists() == set()
    record_ended([Report("L1", EndReason.SOLD)], TESTS)
    assert looks.lists() == {("weapons", first.day)}
    assert looks.lists() == {("weapons", first.day)}, "each turn"
    monkeypatch.setattr(admitter, "LOOKED_AT_EACH_TURN", 2)
    looks = LooksForGone(clock)
    assert looks.lists() == {("weapons", first.day)}
    with CaptureQueriesContext(connection) as queries:
        assert looks.lists() == set()
    assert len(queries) == 0
    clock.now += 3 * admitter.SECONDS_AN_ALERT
    assert looks.lists() == {("weapons", first.day)}


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="SQLite's plans")
def test_nothing_that_a_moderator_waits_for_sorts_or_scans_what_waits(
    three: None, anna: User
) -> None:
    held = queue.next_alert(anna)
    assert held is not None
    authority = of_user(anna)
    with CaptureQueriesContext(connection) as queries:
        second = queue.next_alert(anna, ["weapons"], besides=[held.pk], authority=authority)
    assert second is not None
    assert _walks(plans(queries), "open_of_topic_by_priority")
    with CaptureQueriesContext(connection) as queries:
        queue.next_alert(anna, None, besides=[held.pk, second.pk], authority=authority)
    assert _walks(plans(queries), "open_by_priority")
    with CaptureQueriesContext(connection) as queries:
        near_duplicates(held, authority)
    (plan, *_) = plans(queries)
    assert "versions_of_a_seller" in plan, "by what the seller listed"
    with CaptureQueriesContext(connection) as queries:
        blind_topics()
    (plan, *_) = plans(queries)
    assert "open_by_purpose (purpose=?)" in plan
    with CaptureQueriesContext(connection) as queries:
        _backlog()
    (plan, *_) = plans(queries)
    assert "open_by_topic_and_day" in plan


def _walks(told: list[str], index: str) -> bool:
    """Whether an index gives alerts in their order, so that the first is enough."""
    return any(index in plan and "ORDER BY" not in plan for plan in told)
