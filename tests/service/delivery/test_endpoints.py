"""Endpoints as they are managed: what is refused, and what the ledger is told."""

from __future__ import annotations

import stat
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from tests.acting import TESTS
from tests.service.audit.world import problems, recorded
from tests.service.delivery.receiver import Receiver, always

from mimawari.errors import ForbiddenError, InvalidInputError
from mimawari.service.accounts.authority import principal_of
from mimawari.service.delivery import endpoints, secret_box
from mimawari.service.delivery.models import Endpoint
from mimawari.service.delivery.sender import Sender
from mimawari.service.delivery.status import summaries
from mimawari.service.delivery.testing import send_test
from mimawari.service.platform import clock

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_secret_is_in_no_row_and_no_event(receiver: Receiver, sender: Sender) -> None:
    endpoint, secret = endpoints.add(receiver.url, TESTS, sender=sender)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM delivery_endpoint")
        rows = str([bytes(v) if isinstance(v, memoryview) else v for v in cursor.fetchone()])
    assert secret.startswith("whsec_")
    for text in (rows, str(recorded()), str(summaries())):
        assert secret not in text
        assert secret.removeprefix("whsec_") not in text
    path = Path(settings.CONFIG.state_dir) / secret_box.FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.text for one in secret_box.opened(bytes(endpoint.secrets), endpoint.url)] == [
        secret
    ]


def test_every_change_is_an_event(receiver: Receiver, sender: Sender) -> None:
    endpoint, _ = endpoints.add(receiver.url, TESTS, description="the shop", sender=sender)
    endpoints.rotate(endpoint.pk, TESTS)
    endpoints.disable(endpoint.pk, TESTS, "it moves")
    endpoints.disable(endpoint.pk, TESTS, "it moves")
    endpoints.enable(endpoint.pk, TESTS, "it has moved")
    kinds = [event["kind"] for event in recorded()]
    assert kinds == ["webhook", "webhook_secret", "webhook_disabled", "webhook_enabled"]
    assert problems() == []
    Endpoint.objects.update(url="https://thief.example/")
    assert any("delivery.Endpoint" in problem for problem in problems())


@pytest.mark.parametrize(
    ("url", "types", "problem"),
    [
        ("http://10.0.0.1/", (), "url: is not encrypted"),
        ("https://10.0.0.1/", (), "url: leads to an address that is not public"),
        ("https://x.example/" + "x" * 2_000, (), "url: is too long"),
        ("http://127.0.0.1/", ("decision.maid",), "types: 'decision.maid' is unknown"),
    ],
)
def test_what_is_refused(url: str, types: tuple[str, ...], problem: str, sender: Sender) -> None:
    with pytest.raises(InvalidInputError, match=problem):
        endpoints.add(url, TESTS, types, sender=sender)
    assert not Endpoint.objects.exists()


def test_numbers_that_are_unknown() -> None:
    for act in (
        lambda: endpoints.rotate(7, TESTS),
        lambda: endpoints.disable(7, TESTS, "why"),
        lambda: endpoints.enable(7, TESTS, "why"),
        lambda: endpoints.replay(7, clock.database_now(), TESTS, "why"),
        lambda: endpoints.dead_letters(7),
    ):
        with pytest.raises(InvalidInputError, match="endpoint: 7 is unknown"):
            act()


def test_what_needs_a_reason(endpoint: Endpoint) -> None:
    for act in (endpoints.disable, endpoints.enable):
        with pytest.raises(InvalidInputError, match="reason: is empty"):
            act(endpoint.pk, TESTS, " ")
    with pytest.raises(InvalidInputError, match="reason: is empty"):
        endpoints.replay(endpoint.pk, clock.database_now(), TESTS, "")


def test_a_replay_of_what_was_not_sent_yet(endpoint: Endpoint) -> None:
    later = clock.database_now() + timedelta(hours=1)
    with pytest.raises(InvalidInputError, match="since: is later than all that was sent"):
        endpoints.replay(endpoint.pk, later, TESTS, "why")


@pytest.mark.parametrize("overlap", [timedelta(seconds=-1), timedelta(days=31)])
def test_an_overlap_out_of_bounds(endpoint: Endpoint, overlap: timedelta) -> None:
    with pytest.raises(InvalidInputError, match="overlap"):
        endpoints.rotate(endpoint.pk, TESTS, overlap)


def test_who_may_not(endpoint: Endpoint, anna: User) -> None:
    her = principal_of(anna)
    for act in (
        lambda: endpoints.add("https://x.example/", her),
        lambda: endpoints.rotate(endpoint.pk, her),
        lambda: endpoints.disable(endpoint.pk, her, "why"),
        lambda: endpoints.replay(endpoint.pk, clock.database_now(), her, "why"),
        lambda: send_test(endpoint.pk, her),
    ):
        with pytest.raises(ForbiddenError, match="webhooks:write"):
            act()


def test_a_test_says_what_came_back(endpoint: Endpoint, receiver: Receiver, sender: Sender) -> None:
    receiver.answer = always(201, b"hello")
    attempt = send_test(endpoint.pk, TESTS, sender=sender)
    assert (attempt.status, attempt.answer) == (201, "hello")
    (arrived,) = receiver.arrived
    assert arrived.event["type"] == "webhook.test"
    assert arrived.event["id"].startswith("evt_test_")


def test_there_may_be_so_many(
    receiver: Receiver, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoints, "MOST_ENDPOINTS", 1)
    endpoints.add(receiver.url, TESTS, sender=sender)
    with pytest.raises(InvalidInputError, match="would be number 2"):
        endpoints.add(receiver.url, TESTS, sender=sender)
