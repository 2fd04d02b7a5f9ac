"""The overview counts what happened, is the first page of who leads, and stays bounded."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bench.reads.fill import Size, fill
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from tests.acting import TESTS
from tests.service.conftest import listing
from tests.service.working import work

from mimawari.service.accounts import roles
from mimawari.service.admission.models import Alert, Purpose
from mimawari.service.console.small_charts import bars, counts, shares
from mimawari.service.intake import log
from mimawari.service.monitoring.figures import latest_days
from mimawari.service.monitoring.overview import overview
from mimawari.service.review import queue
from mimawari.service.review.models import Decision

pytestmark = pytest.mark.django_db(transaction=True)


def log_in(name: str, role: str = "moderator", topics: tuple[str, ...] = ()) -> Client:
    client = Client()
    client.force_login(roles.add(name, None, role, TESTS, topics))
    return client


def decide(name: str, *verdicts: str) -> None:
    person = roles.find(name)
    for verdict in verdicts:
        alert = queue.next_alert(person)
        assert alert is not None
        queue.decide(alert, person, verdict, 1.0)


@pytest.fixture
def three(generation: int) -> None:
    log.append([listing(i, "a pistol") for i in range(3)])
    work()


def test_days_are_counted_as_they_were(three: None) -> None:
    log_in("anna")
    decide("anna", "violates", "does_not_violate", "violates")
    queue.undo(roles.find("anna"))
    first = Decision.objects.earliest("pk").alert
    again = Alert.objects.create(
        listing_version=first.listing_version,
        topic=first.topic,
        day=first.day,
        purpose=Purpose.SECOND,
        score=0.5,
        priority=2.0,
        not_for_id=roles.find("anna").pk,
        created_at=timezone.now(),
    )
    log_in("ben")
    decide("ben", "does_not_violate")
    assert Decision.objects.latest("pk").alert_id == again.pk
    (day,) = overview().days
    assert (day.alerts, day.decided, day.judged, day.violations) == (4, 3, 3, 1)
    assert (day.taken_back, day.twice, day.agreed, day.overturned) == (1, 1, 0, 2)


@pytest.mark.parametrize(
    ("role", "heading"),
    [
        ("moderator", "Alerts to review"),
        ("lead", "Overview"),
        ("admin", "Overview"),
        ("policy_editor", "Alerts to review"),
        ("auditor", "Alerts to review"),
    ],
)
def test_the_first_page_is_that_of_the_role(role: str, heading: str, three: None) -> None:
    client = log_in("anna", role)
    assert f"<h1>{heading}</h1>" in client.get("/").text
    assert "<h1>Alerts to review</h1>" in client.get("/topics").text
    seen = client.get("/overview").status_code
    assert seen == (403 if role == "moderator" else 200)


def test_what_an_account_has_nothing_to_do_with_is_left_out(three: None) -> None:
    everything = log_in("anna", "lead").get("/overview")
    assert [row.topic for row in everything.context["page"].topics] == ["weapons"]
    drugs_only = log_in("ben", "lead", ("drugs",)).get("/overview")
    assert drugs_only.context["page"].topics == []
    assert "Nothing was alerted in this period." in drugs_only.text
    assert drugs_only.context["page"].tiles[0].value == "0"


def test_a_period_is_chosen_and_odd_ones_are_the_usual(three: None) -> None:
    client = log_in("anna", "lead")
    Alert.objects.update(day=timezone.now().date() - timedelta(days=40))
    for asked, alerts in (
        ("90", "3"),
        ("28", "0"),
        ("7", "0"),
        ("-1", "0"),
        ("x", "0"),
        ("²", "0"),
    ):
        page = client.get("/overview", {"days": asked})
        assert page.context["page"].tiles[0].value == alerts, asked
    assert page.context["page"].period == 28


def test_alarms_name_what_waits_too_long(three: None) -> None:
    client = log_in("anna", "lead")
    assert client.get("/overview").context["page"].alarms == []
    Alert.objects.update(created_at=timezone.now() - timedelta(days=2))
    page = client.get("/overview")
    assert [alarm.topic for alarm in page.context["page"].alarms] == ["weapons"]
    assert "Alerts have waited for more than a day." in page.text


@pytest.mark.parametrize("cases", [60, 1_200], ids=["few", "many"])
def test_it_takes_as_many_queries_however_much_was_decided(cases: int, generation: int) -> None:
    fill(Size(versions=2 * cases, alerts=cases, sellers=20, trials=1, moderators=3, waiting=4))
    client = log_in("anna", "lead")
    with CaptureQueriesContext(connection) as made:
        overview()
    assert len(made) <= 5
    latest_days().refresh(timezone.now(), 1)
    client.get("/overview")
    with CaptureQueriesContext(connection) as shown:
        assert client.get("/overview?days=90").status_code == 200
    assert len(shown) <= 9, [query["sql"][:80] for query in shown]


def test_charts_say_in_words_what_they_draw() -> None:
    days = [timezone.now().date() - timedelta(days=n) for n in (2, 1, 0)]
    line = counts("Alerts", days, [0, 5, 10])
    assert line.lines == ["0.0,56.0 120.0,28.0 240.0,0.0"]
    assert line.summary.endswith(f"{days[2]:%m-%d} 10")
    gaps = shares("Precision", days, [(1, 2), (0, 0), (2, 2)])
    assert gaps.lines == ["0.0,28.0 2.0,28.0", "238.0,0.0 240.0,0.0"]
    assert "–" in gaps.summary
    assert [bar.height for bar in bars("Backlog", days, [0, 1, 4]).bars] == [0, 14, 56]
    assert counts("Alerts", [], []).lines == [""]
