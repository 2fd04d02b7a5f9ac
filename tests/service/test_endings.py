"""Listings that ended: what closes, what stays, who is told, and that they may come back."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.handlers.asgi import ASGIHandler
from django.db import DatabaseError
from django.test import Client
from starlette.testclient import TestClient
from tests.acting import TESTS
from tests.service.actions.conftest import CLAUSES, Activate, activate, taken  # noqa: F401
from tests.service.conftest import listing
from tests.service.working import work

from mimawari.service.accounts import keys, roles
from mimawari.service.accounts.keys import Scope
from mimawari.service.admission.admitter import Admitter
from mimawari.service.admission.models import Alert, AlertState, Purpose
from mimawari.service.api.app import application
from mimawari.service.api.edge import Edge
from mimawari.service.audit.sealing import seal_all
from mimawari.service.audit.verify import verify
from mimawari.service.delivery import reading
from mimawari.service.intake import log
from mimawari.service.intake.endings import EndStatus, Recorded, Report, record_ended
from mimawari.service.intake.models import Ending, EndReason, ListingVersion
from mimawari.service.platform import clock
from mimawari.service.retention.remove import remove
from mimawari.service.review import queue
from mimawari.service.review.gone import Gone, ItemGoneError
from mimawari.service.review.models import Decision, Passing
from mimawari.service.review.passing import pass_on
from mimawari.service.scoring.models import Candidate

pytestmark = pytest.mark.django_db(transaction=True)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
Post = Callable[..., Any]


@pytest.fixture
def post(generation: int) -> Post:
    """Give what posts to the API with a key that may submit."""
    client = TestClient(application(Edge(), ASGIHandler()), base_url="http://localhost")
    key = keys.create("shop", [Scope.WRITE, Scope.READ], TESTS)

    def send(path: str, body: object) -> Any:
        content = body if isinstance(body, str) else json.dumps(body)
        headers = {"Authorization": f"Bearer {key}"}
        return client.post(f"/api/v1/{path}", content=content, headers=headers)

    send.get = lambda path: client.get(  # type: ignore[attr-defined]
        f"/api/v1/{path}", headers={"Authorization": f"Bearer {key}"}
    )
    return send


def alerted(number: int = 1, version: int = 1) -> Alert:
    """Have a listing put before moderators."""
    log.append([listing(number, "a pistol", version)])
    work()
    return Alert.objects.get(
        listing_version__listing_id=f"L{number}", listing_version__version=version
    )


def end(number: int = 1, reason: EndReason = EndReason.SOLD, **more: Any) -> Recorded:
    """Report that a listing ended, and let the admitter see it."""
    (recorded,) = record_ended([Report(f"L{number}", reason, **more)], TESTS)
    assert isinstance(recorded, Recorded), recorded
    while Admitter().turn():
        pass
    return recorded


def state_of(alert: Alert) -> str:
    return Alert.objects.get(pk=alert.pk).state


def alert_events() -> list[tuple[str, str]]:
    """Give what the marketplace is told of alerts, in order."""
    seal_all()
    return [
        (outgoing.event.data.listing_id, getattr(outgoing.event.data, "reason", "opened"))
        for outgoing in reading.read(0, 100, ("alert.opened", "alert.closed")).events
    ]


def anna(role: str = "moderator") -> User:
    return User.objects.filter(username="anna").first() or roles.add("anna", None, role, TESTS)


def test_open_alerts_close_and_the_marketplace_is_told(generation: int) -> None:
    first, other = alerted(1), alerted(2)
    assert end(1, EndReason.WITHDRAWN).status == EndStatus.ENDED
    assert (state_of(first), state_of(other)) == (AlertState.ENDED, AlertState.OPEN)
    assert alert_events() == [("L1", "opened"), ("L2", "opened"), ("L1", "withdrawn")]


def test_saying_it_twice_changes_nothing(generation: int) -> None:
    alerted()
    first = end(reason=EndReason.SOLD)
    again = end(reason=EndReason.REMOVED)
    assert (first.status, again.status) == (EndStatus.ENDED, EndStatus.ALREADY_ENDED)
    assert (again.reason, again.ended_at) == (EndReason.SOLD, first.ended_at)
    assert len(alert_events()) == 2
    assert Ending.objects.count() == 1


def test_said_twice_in_one_batch_it_is_recorded_once(generation: int) -> None:
    alerted()
    answers = record_ended([Report("L1", EndReason.SOLD)] * 2, TESTS)
    assert [a.status for a in answers if isinstance(a, Recorded)] == ["ended", "already_ended"]


def test_decisions_and_labels_stay(generation: int) -> None:
    alert = alerted()
    user = anna()
    held = queue.next_alert(user)
    assert held is not None
    queue.decide(held, user, "violates", 1.0)
    end()
    assert state_of(alert) == AlertState.DECIDED
    assert Decision.objects.get().verdict == "violates"


def test_a_newer_version_is_live_again(generation: int) -> None:
    old = alerted()
    end()
    new = alerted(version=2)
    assert (state_of(old), state_of(new)) == (AlertState.ENDED, AlertState.OPEN)
    late = end(version=1)
    assert (late.status, late.version) == (EndStatus.STALE, 2)
    assert state_of(new) == AlertState.OPEN
    assert end().status == EndStatus.ENDED
    assert state_of(new) == AlertState.ENDED


def test_a_listing_that_ended_before_it_was_scored_is_not_alerted(generation: int) -> None:
    log.append([listing(1, "a pistol")])
    end()
    work()
    assert not Alert.objects.exists()
    assert ListingVersion.objects.get().score is not None


def test_a_moderator_whose_item_ended_is_told_so(generation: int) -> None:
    alerted()
    user = anna()
    held = queue.next_alert(user)
    assert held is not None
    end()
    with pytest.raises(ItemGoneError) as error:
        queue.decide(held, user, "violates", 1.0)
    assert error.value.gone == Gone.ENDED
    assert queue.next_alert(user) is None


def test_nobody_is_given_it_before_the_admitter_closes_it(generation: int) -> None:
    alerted()
    record_ended([Report("L1", EndReason.SOLD)], TESTS)
    assert queue.next_alert(anna()) is None


def test_what_was_escalated_is_still_decided(generation: int) -> None:
    alert = alerted()
    user = anna("lead")
    held = queue.next_alert(user)
    assert held is not None
    pass_on(Passing.ESCALATED, held, user, "which law?")
    end()
    assert state_of(alert) == AlertState.ESCALATED
    assert queue.next_alert(user, escalated=True) is not None


def test_what_chance_chose_is_still_judged(generation: int) -> None:
    alert = alerted()
    Alert.objects.filter(pk=alert.pk).update(probability=0.1)
    end()
    kept = Alert.objects.get(pk=alert.pk)
    assert (kept.state, kept.purpose) == (AlertState.OPEN, Purpose.EXPLORATION)


def test_the_place_on_the_list_is_free_again(generation: int) -> None:
    alerts = [alerted(number) for number in (1, 2, 3)]  # the capacity
    end(2)
    assert state_of(alerted(4)) == AlertState.OPEN
    assert [state_of(alert) for alert in alerts] == ["open", "ended", "open"]


def test_what_was_hidden_for_its_review_is_hidden_no_more(activate: Activate) -> None:  # noqa: F811
    activate(f"{CLAUSES}hide_until_reviewed = 0.3\n")
    alerted()
    end()
    assert taken() == ["hide -> hide", "un hide -> none"]


def test_the_ledger_knows_every_ending(generation: int) -> None:
    alerted()
    end()
    seal_all()
    assert verify().problems == ()
    Ending.objects.update(reason="removed")
    assert any("intake.Ending" in str(problem) for problem in verify().problems)


def test_retention_takes_it_with_the_listing(
    generation: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(clock, "database_now", lambda: NOON)
        log.append([listing(1, "a cup")])
        work()
        end()
    with pytest.raises(DatabaseError):
        Ending.objects.all()._raw_delete("default")
    assert remove(NOON.date() + timedelta(days=1), TESTS, "over").rows["intake.Ending"] == 1
    assert not Ending.objects.exists()
    seal_all()
    assert verify().problems == ()


def test_one_over_the_api(post: Post) -> None:
    alerted()
    answer = post("listings/L1/ended", {"reason": "sold", "ended_at": "2026-03-01T21:00:00+09:00"})
    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "listing_id": "L1",
        "version": 1,
        "status": "ended",
        "reason": "sold",
        "ended_at": "2026-03-01T21:00:00+09:00",
    }
    again = post("listings/L1/ended", {"reason": "removed"}).json()
    assert (again["status"], again["reason"]) == ("already_ended", "sold")
    (version,) = post.get("listings/L1").json()["versions"]  # type: ignore[attr-defined]
    assert version["ended"]["reason"] == "sold"
    assert version["ended"]["ended_at"].startswith("2026-03-01T12:00:00")
    assert Ending.objects.get().principal_kind == "key"


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 422, "reason"),
        ({"reason": "lost"}, 422, "reason"),
        ({"reason": "sold", "ended_at": "2026-03-01T12:00:00"}, 422, "ended_at"),
        ({"reason": "sold", "ended_at": "2999-01-01T00:00:00Z"}, 422, "ended_at"),
        ({"reason": "sold", "ended_at": "0001-01-01T00:00:00+14:00"}, 422, "ended_at"),
        ({"reason": "sold", "version": 9}, 404, "version"),
        ({"reason": "sold", "colour": "red"}, 422, "colour"),
    ],
)
def test_what_is_wrong_is_named(post: Post, body: object, status: int, field: str) -> None:
    log.append([listing(1)])
    answer = post("listings/L1/ended", body)
    assert answer.status_code == status, answer.text
    assert [problem["field"] for problem in answer.json()["problems"]] == [field]
    assert not Ending.objects.exists()


def test_an_unknown_listing_is_refused(post: Post) -> None:
    answer = post("listings/a%2Fb/ended", {"reason": "sold"})
    assert answer.status_code == 404
    assert "'a/b' is unknown" in answer.json()["problems"][0]["problem"]


def test_many_over_the_api(post: Post) -> None:
    log.append([listing(number) for number in (1, 2)])
    lines = [
        {"id": "L1", "reason": "sold"},
        {"id": "L9", "reason": "sold"},
        {"id": "L2", "reason": "eaten"},
        {"id": "L2", "reason": "withdrawn", "version": 1},
    ]
    text = "\n".join([json.dumps(lines[0]), "", *map(json.dumps, lines[1:]), "{"])
    answers = [json.loads(line) for line in post("listings:ended", text).text.splitlines()]
    assert [(a["line"], a["status"]) for a in answers] == [
        (1, "ended"),
        (3, "rejected"),
        (4, "rejected"),
        (5, "ended"),
        (6, "rejected"),
    ]
    assert [a["problems"][0]["field"] for a in answers if a["problems"]] == ["id", "reason", "body"]


def test_many_take_as_many_queries_as_one(
    generation: int, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    log.append([listing(number) for number in range(300)])
    with django_assert_max_num_queries(10):
        answers = record_ended([Report(f"L{n}", EndReason.SOLD) for n in range(300)], TESTS)
    assert all(isinstance(a, Recorded) and a.status == "ended" for a in answers)


def test_the_listings_page_says_when_and_why(client: Client, generation: int) -> None:
    alerted()
    end(reason=EndReason.REMOVED, ended_at=NOON)
    client.force_login(anna("lead"))
    page = client.get("/listing?id=L1").content.decode()
    assert "removed by the marketplace · 2026-03-01 12:00:00" in page
    assert "closed: the listing ended" in page
    client.cookies["django_language"] = "ja"
    page = client.get("/listing?id=L1").content.decode()
    assert "マーケットプレイスが削除" in page


def test_no_candidate_waits_for_ever(generation: int) -> None:
    log.append([listing(1, "a pistol")])
    record_ended([Report("L1", EndReason.SOLD)], TESTS)
    work()
    assert not Candidate.objects.filter(state=0).exists()
