"""Alarms by API, client, command, page, feed and webhook."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.core.handlers.asgi import ASGIHandler
from django.test import Client as Browser
from starlette.testclient import TestClient
from tests.acting import TESTS
from typer.testing import CliRunner

from mimawari.cli.main import app
from mimawari.records.alarm import AlarmFigures, AlarmKind, AlarmState, Condition, Occurrence
from mimawari.service.accounts import keys, roles
from mimawari.service.alarms.changing import acknowledge, resolve
from mimawari.service.alarms.models import Alarm
from mimawari.service.alarms.watching import seen
from mimawari.service.api.app import application
from mimawari.service.api.edge import Edge
from mimawari.service.audit.sealing import seal_all
from mimawari.service.delivery.bodies import bodies_of, kinds_of
from mimawari.service.delivery.sealed_events import between, sealed_size

pytestmark = pytest.mark.django_db(transaction=True)
FIGURES = AlarmFigures(value=0.2, usual=0.6, low=0.5, high=0.7, number=80)


def opened(topic: str = "weapons", stream: str = "") -> Alarm:
    condition = Condition(AlarmKind.PRECISION_FELL, topic, stream=stream)
    return seen(Occurrence(condition=condition, figures=FIGURES))


@pytest.fixture
def api(db: None) -> Callable[..., TestClient]:
    def make(*scopes: str, topics: tuple[str, ...] = ()) -> TestClient:
        key = keys.create("tests", scopes, TESTS, topics=topics)
        headers = {"Authorization": f"Bearer {key}"}
        return TestClient(
            application(Edge(), ASGIHandler()), headers=headers, base_url="http://localhost"
        )

    return make


def test_the_api_pages_and_changes(api: Callable[..., TestClient]) -> None:
    numbers = [opened(stream=f"{i}").pk for i in range(3)]
    client = api("quality:read", "alarms:write")
    first = client.get("/api/v1/alarms?limit=2").json()
    rest = client.get(f"/api/v1/alarms?limit=2&before={first['next']}").json()
    assert [one["id"] for one in (*first["alarms"], *rest["alarms"])] == numbers[::-1]
    assert rest["next"] is None
    path = f"/api/v1/alarms/{numbers[0]}"
    said = client.post(f"{path}/acknowledge", json={"reason": "looked at"}).json()
    assert (said["state"], said["actor"]) == ("acknowledged", "key tests")
    assert client.post(f"{path}/resolve", json={"reason": "mended"}).json()["state"] == "resolved"
    again = client.post(f"{path}/acknowledge", json={"reason": "late"})
    assert (again.status_code, again.json()["problems"][0]["field"]) == (422, "alarm")
    assert client.get("/api/v1/alarms?state=resolved").json()["alarms"][0]["id"] == numbers[0]
    answer = client.get(path).json()
    assert answer["alarm"]["figures"] == {
        "value": 0.2,
        "unit": "share",
        "usual": 0.6,
        "low": 0.5,
        "high": 0.7,
        "number": 80,
    }
    assert [hour["times"] for hour in answer["hours"]] == [1]


def test_a_key_of_other_topics_finds_none(api: Callable[..., TestClient]) -> None:
    number = opened().pk
    client = api("quality:read", "alarms:write", topics=("drugs",))
    assert client.get("/api/v1/alarms").json()["alarms"] == []
    assert client.get(f"/api/v1/alarms/{number}").status_code == 404
    answer = client.post(f"/api/v1/alarms/{number}/resolve", json={"reason": "not mine"})
    assert answer.status_code == 404
    reader = api("quality:read")
    answer = reader.post(f"/api/v1/alarms/{number}/resolve", json={"reason": "may not"})
    assert answer.status_code == 403


def test_commands() -> None:
    number, run = opened(stream="a\x1b[31m").pk, CliRunner(env={"COLUMNS": "200"}).invoke
    assert "precision_fell" in run(app, ["alarms", "list"]).output
    shown = run(app, ["alarms", "show", str(number)]).output
    assert "opened with 20%, usually 60% (80 counted)" in shown
    assert "\x1b" not in shown
    until = ["--until", "2100-01-01T09:00", "--reason", "looked at"]
    assert "acknowledged" in run(app, ["alarms", "acknowledge", str(number), *until]).output
    assert Alarm.objects.get().until == datetime(2100, 1, 1, 9, tzinfo=UTC)
    assert "resolved" in run(app, ["alarms", "resolve", str(number), "--reason", "over"]).output
    assert run(app, ["alarms", "list"]).output == "No alarm.\n"
    assert str(number) in run(app, ["alarms", "list", "--all"]).output


@pytest.fixture
def lea(db: None) -> Browser:
    browser = Browser()
    browser.force_login(roles.add("lea", None, "lead", TESTS))
    return browser


def test_pages(lea: Browser) -> None:
    assert "No alarm is open" in lea.get("/alarms").content.decode()
    number = opened(stream="<b>x</b>").pk
    assert "&lt;b&gt;x" in lea.get("/alarms").content.decode()
    page = lea.get(f"/alarms/{number}").content.decode()
    assert "<svg" in page
    assert "20%, usually 60%" in page
    path = f"/alarms/{number}/change"
    lea.post(path, {"do": "acknowledge", "reason": "looked at", "until": "2100-01-01T09:00"})
    assert Alarm.objects.get().state == AlarmState.ACKNOWLEDGED
    said = lea.post(path, {"do": "acknowledge", "reason": "x", "until": "soon"}, follow=True)
    assert "is no time" in said.content.decode()
    lea.post(path, {"do": "resolve", "reason": "mended"})
    assert Alarm.objects.get().actor == "user lea"
    assert "mended" in lea.get(f"/alarms/{number}").content.decode()
    assert lea.get("/alarms/999").status_code == 404


def test_who_only_reads_sees_no_forms(lea: Browser) -> None:
    number, browser = opened().pk, Browser()
    browser.force_login(roles.add("ada", None, "auditor", TESTS))
    assert "<form" not in browser.get(f"/alarms/{number}").content.decode().split("<main")[1]
    assert browser.post(f"/alarms/{number}/change", {"do": "resolve"}).status_code == 403
    anna = Browser()
    anna.force_login(roles.add("anna", None, "moderator", TESTS))
    assert anna.get("/alarms").status_code == 403
    assert User.objects.count() == 3


def test_each_change_is_told_outside() -> None:
    alarm = opened()
    acknowledge(alarm.pk, TESTS, "a secret of anna")
    resolve(alarm.pk, TESTS, "a secret of ben")
    seal_all()
    events = [e for _, e in between(0, sealed_size(), kinds_of(["alarm.opened"]), 9) if e]
    assert len(events) == 1
    types = ["alarm.opened", "alarm.acknowledged", "alarm.resolved"]
    told = bodies_of(e for _, e in between(0, sealed_size(), kinds_of(types), 9) if e)
    assert [type(one.event).__struct_config__.tag for one in told] == types
    assert {one.order_key for one in told} == {f"alarm {alarm.pk}"}
    assert {one.event.data.figures for one in told} == {FIGURES}
    assert told[2].event.data.times == 1
    assert "secret" not in str(told)
