"""An endpoint that is this process, events of decisions, and relays that work until they rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from tests.acting import TESTS
from tests.service.conftest import listing
from tests.service.delivery.receiver import Receiver, receiving
from tests.service.working import work

from mimawari.service.accounts import roles
from mimawari.service.admission.models import Alert
from mimawari.service.audit.sealing import seal_all
from mimawari.service.delivery import endpoints
from mimawari.service.delivery.models import Endpoint
from mimawari.service.delivery.relay import Relay
from mimawari.service.delivery.sender import Sender
from mimawari.service.intake import log
from mimawari.service.platform import clock
from mimawari.service.review import queue
from mimawari.service.review.queue import Judgement

LOCAL = ("127.0.0.1",)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


@pytest.fixture
def sender() -> Sender:
    return Sender(LOCAL)


@pytest.fixture
def relay(sender: Sender) -> Iterator[Relay]:
    one = Relay(sender)
    yield one
    one.ended()


@pytest.fixture
def endpoint(db: None, receiver: Receiver, sender: Sender) -> Endpoint:
    """Add the receiver as an endpoint that is sent decisions and what is taken back."""
    types = ["decision.made", "decision.undone"]
    return endpoints.add(receiver.url, TESTS, types, sender=sender)[0]


@pytest.fixture
def anna(db: None) -> User:
    return roles.add("anna", None, "moderator", TESTS)


def alerts(count: int, first: int = 1) -> list[Alert]:
    """Open alerts on listings of their own, that many."""
    log.append([listing(first + i, "a pistol") for i in range(count)])
    work()
    return list(Alert.objects.order_by("pk"))[-count:]


def decide(user: User, count: int = 1, verdict: str = "violates") -> list[str]:
    """Decide on what waits; gives the listings in the order in which they were decided."""
    listings = []
    for _ in range(count):
        alert = queue.next_alert(user)
        assert alert is not None
        queue.decide(alert, user, Judgement(verdict), 1.0)
        listings.append(alert.listing_version.listing_id)
    seal_all()
    return listings


def undo(user: User) -> None:
    assert queue.undo(user) is not None
    seal_all()


def work_off(relay: Relay, turns: int = 1_000) -> None:
    """Take turns until nothing is due any more."""
    for _ in range(turns):
        if not relay.turn():
            return
    raise AssertionError("it never rests")


@pytest.fixture
def ahead(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Give what moves the database's clock on, by so much in all."""
    now, moved = clock.database_now, [timedelta()]

    def moved_now() -> datetime:
        return now() + moved[0]

    monkeypatch.setattr(clock, "database_now", moved_now)

    def move(by: timedelta) -> None:
        moved[0] += by

    return move
