"""The feed over HTTP: pages, waiting, cursors and scopes."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import msgspec
import pytest
from django.contrib.auth.models import User
from starlette.testclient import TestClient
from tests.acting import TESTS
from tests.service.delivery.conftest import alerts, decide, work_off
from tests.service.delivery.receiver import Receiver

from mimawari.service.accounts import keys
from mimawari.service.api import feed_watch
from mimawari.service.api.app import application
from mimawari.service.api.edge import Edge
from mimawari.service.delivery import cursor
from mimawari.service.delivery.models import Endpoint
from mimawari.service.delivery.relay import Relay

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("generation")]


async def nothing(*_: object) -> None:
    """Stand behind the edge."""


@pytest.fixture
def client() -> Iterator[TestClient]:
    key = keys.create("feed", [keys.Scope.EVENTS], TESTS)
    headers = {"Authorization": f"Bearer {key}"}
    with TestClient(application(Edge(), nothing), headers=headers) as one:
        yield one


def test_the_feed_has_the_bodies_of_webhooks(
    client: TestClient, endpoint: Endpoint, receiver: Receiver, relay: Relay, anna: User
) -> None:
    alerts(2)
    decide(anna, 2)
    work_off(relay)
    page = client.get("/api/v1/events?types=decision.made").json()
    sent = sorted((arrived.event for arrived in receiver.arrived), key=lambda e: e["timestamp"])
    assert page["events"] == sent
    assert not page["more"]
    raw = client.get("/api/v1/events?types=decision.made").content
    assert all(arrived.body in raw for arrived in receiver.arrived)


def test_pages_follow_each_other(client: TestClient, anna: User) -> None:
    alerts(3)
    decide(anna, 3)
    after, listings = "", []
    while True:
        query = {"after": after, "limit": 2}
        page = client.get("/api/v1/events", params=query).json()
        assert len(page["events"]) <= 2
        listings += [event["data"]["listing_id"] for event in page["events"]]
        after = page["next"]
        if not page["events"]:
            break
    assert sorted(listings) == ["L1", "L1", "L2", "L2", "L3", "L3"]


def test_a_reader_waits_for_what_happens(client: TestClient, anna: User) -> None:
    alerts(1)
    client.get("/health")
    after = client.get("/api/v1/events").json()["next"]
    answers = []

    def ask() -> None:
        query = {"after": after, "wait": 20, "types": "decision.made"}
        answers.append(client.get("/api/v1/events", params=query).json())

    thread = threading.Thread(target=ask)
    began = time.monotonic()
    thread.start()
    decide(anna)
    thread.join()
    assert [event["type"] for event in answers[0]["events"]] == ["decision.made"]
    assert time.monotonic() - began < 15


def test_many_that_wait_do_not_pile_up(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_watch, "MOST_WAITING", 0)
    page = client.get("/api/v1/events?wait=20").json()
    assert page["events"] == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("after=x", "after"),
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("wait=21", "wait"),
        ("wait=-1", "wait"),
        ("types=decision.maid", "types"),
        ("since=now", "since"),
        ("after=%00", "after"),
    ],
)
def test_what_is_refused(client: TestClient, query: str, field: str) -> None:
    answer = client.get(f"/api/v1/events?{query}")
    assert answer.status_code == 422
    assert [problem["field"] for problem in answer.json()["problems"]] == [field]


def test_a_cursor_of_another_environment_is_refused_by_name(client: TestClient) -> None:
    own = cursor.Cursor(1, "mimawari.local/staging", 0)
    answer = client.get("/api/v1/events", params={"after": cursor._text(own)})
    assert answer.status_code == 422
    assert "'mimawari.local/staging', and this is 'mimawari.local/" in answer.text


def test_a_key_without_the_scope(client: TestClient) -> None:
    key = keys.create("shop", [keys.Scope.READ], TESTS)
    headers = {"Authorization": f"Bearer {key}"}
    assert client.get("/api/v1/events", headers=headers).status_code == 403
    assert client.get("/api/v1/webhooks", headers=headers).status_code == 403
    assert client.get("/api/v1/events", headers={"Authorization": ""}).status_code == 401


def test_endpoints_over_http(endpoint: Endpoint, receiver: Receiver) -> None:
    key = keys.create("ops", [keys.Scope.WEBHOOKS], TESTS)
    headers = {"Authorization": f"Bearer {key}"}
    path = f"/api/v1/webhooks/{endpoint.pk}"
    since = {"since": "2026-01-01T00:00:00Z", "reason": "lost"}
    with TestClient(application(Edge(), nothing), headers=headers) as client:
        refused = client.post("/api/v1/webhooks", json={"url": "https://10.0.0.1/"})
        assert refused.status_code == 422
        assert refused.json()["problems"][0]["field"] == "url"
        rotated = client.post(f"{path}:rotate", json={"overlap_hours": 2}).json()
        assert rotated["secret"].startswith("whsec_")
        for action, body in (("disable", {"reason": "x"}), ("enable", {"reason": "x"})):
            shown = client.post(f"{path}:{action}", json=body)
            assert shown.json()["active"] == (action == "enable")
        assert client.post(f"{path}:replay", json=since).status_code in (200, 422)
        assert client.get(f"{path}/dead").json() == {"dead": []}
        assert client.get("/api/v1/webhooks/999/dead").status_code == 404
        (listed,) = client.get("/api/v1/webhooks").json()["endpoints"]
    assert listed["url"] == receiver.url
    assert "secret" not in msgspec.json.encode(listed).decode()
