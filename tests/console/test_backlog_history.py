"""The backlog over past days: noted while it is so, summed by topic, and shown with its numbers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone, translation
from tests.acting import TESTS
from tests.service.conftest import generation, listing, topic_file
from tests.service.working import work

from mimawari.service.accounts import roles
from mimawari.service.admission.models import Alert, AlertState
from mimawari.service.console.backlog_history import PastBacklog, age_text, backlog_history
from mimawari.service.console.small_charts import course
from mimawari.service.intake import log
from mimawari.service.monitoring.backlog import note_backlog
from mimawari.service.monitoring.models import BacklogOfDay
from mimawari.service.project import roles as of_processes

__all__ = ["generation", "topic_file"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


def note(topic: str, day: date, number: int, hours: float | None) -> None:
    at = datetime(day.year, day.month, day.day, 23, 55, tzinfo=UTC)
    oldest = None if hours is None else at - timedelta(hours=hours)
    BacklogOfDay.objects.create(topic=topic, day=day, open=number, oldest_at=oldest, noted_at=at)


@pytest.fixture
def waiting(generation: int) -> None:
    log.append([listing(i, "a pistol") for i in range(3)])
    work()


def test_the_last_note_of_a_day_stands(waiting: None) -> None:
    now = timezone.now().replace(hour=12)
    note_backlog(now - timedelta(hours=1))
    row = BacklogOfDay.objects.get(topic="weapons")
    assert (row.day, row.open) == (now.date(), 3)
    assert row.oldest_at == Alert.objects.earliest("created_at").created_at
    Alert.objects.update(state=AlertState.DECIDED)
    note_backlog(now)
    row = BacklogOfDay.objects.get(topic="weapons")
    assert (row.open, row.oldest_at, row.noted_at) == (0, None, now)
    note_backlog(now + timedelta(days=1))
    assert BacklogOfDay.objects.filter(topic="weapons").count() == 2


def test_the_keeper_notes_it() -> None:
    keeper = of_processes.ROLES["keeper"]
    assert keeper.loops is not None
    jobs = [job for loop in keeper.loops() for job in getattr(loop, "jobs", ())]
    assert note_backlog in [job.work for job in jobs]


def test_topics_are_summed_and_unknown_days_are_gaps() -> None:
    days = [date(2026, 3, 1) + timedelta(days=i) for i in range(5)]
    note("weapons", days[0], 3, 5)
    note("adult", days[0], 4, 70)
    note("weapons", days[1], 0, None)
    note("weapons", days[4], 9, 2)
    note("drugs", days[4], 1_000, 500)
    today = PastBacklog(days[4], 11, timedelta(hours=3))
    history = backlog_history(days, {"weapons", "adult"}, today)
    assert [(row.day, row.open) for row in history.days] == [
        (days[4], 11), (days[1], 0), (days[0], 7)
    ]  # fmt: skip
    assert [row.age_text for row in history.days] == ["3 hours", "–", "2 days"]
    assert history.most is not None
    assert history.most.day == days[4]
    assert history.longest is not None
    assert history.longest.day == days[0]
    assert len(history.open.lines) == 2, "not drawn over days that nobody noted"
    assert history.open.summary.endswith("03-01 7, 03-02 0, 03-03 –, 03-04 –, 03-05 11")
    assert history.age.top == "2 days"


def test_an_age_is_written_in_the_unit_that_is_read_best() -> None:
    ages = [None, timedelta(minutes=50), timedelta(hours=47.9), timedelta(hours=49)]
    assert [age_text(age) for age in ages] == ["–", "50 minutes", "47 hours", "2 days"]


def test_where_nothing_waited_no_day_is_named() -> None:
    note("weapons", date(2026, 3, 1), 0, None)
    nothing = PastBacklog(date(2026, 3, 2), 0, None)
    history = backlog_history([date(2026, 3, 1), nothing.day], {"weapons"}, nothing)
    assert (history.most, history.longest, history.age.top) == (None, None, "–")


def test_a_chart_of_nothing_has_no_line() -> None:
    chart = course("x", [date(2026, 3, 1)], [None], str)
    assert (chart.lines, chart.first) == ([], "03-01")


@pytest.mark.parametrize(("language", "heading"), [
    ("en", "Backlog over the days"), ("ja", "確認待ちの推移"),
])  # fmt: skip
def test_the_overview_shows_it_with_its_numbers(language: str, heading: str, waiting: None) -> None:
    client = Client(headers={"Accept-Language": language})
    client.force_login(roles.add("anna", None, "lead", TESTS))
    yesterday = timezone.now().date() - timedelta(days=1)
    note("weapons", yesterday, 1_234, 30)
    note_backlog()
    Alert.objects.filter(listing_version__listing_id="L2").update(state=AlertState.DECIDED)
    page = client.get("/overview")
    assert heading in page.text
    past, age = page.context["page"].tiles[-2:]
    assert past.value == "2", "as it is now, not as it was noted"
    assert "1,234" in past.detail
    assert str(yesterday) in past.detail
    assert ("30 hours" if language == "en" else "30 時間") in age.detail
    assert f'<time datetime="{yesterday}">' in page.text
