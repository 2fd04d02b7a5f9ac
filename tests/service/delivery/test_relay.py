"""Delivered at least once, in order a listing, whatever the other side does."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from standardwebhooks import Webhook, WebhookVerificationError
from tests.acting import TESTS
from tests.service.delivery.conftest import LOCAL, alerts, decide, undo, work_off
from tests.service.delivery.receiver import Receiver, always, receiving

from mimawari.service.audit import erase
from mimawari.service.audit import models as audit
from mimawari.service.audit.verify import verify
from mimawari.service.delivery import endpoints, leasing
from mimawari.service.delivery.models import Delivery, DeliveryState, Endpoint, Receipt
from mimawari.service.delivery.relay import Relay
from mimawari.service.delivery.schedule import AWAY_AFTER, MOST_ATTEMPTS
from mimawari.service.delivery.sender import Sender
from mimawari.service.review.models import Decision

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("generation"),
]
Move = Callable[[timedelta], None]


def test_a_decision_arrives_signed_and_is_receipted(
    endpoint: Endpoint, relay: Relay, receiver: Receiver, anna: User, sender: Sender
) -> None:
    _, secret = endpoints.add(f"{receiver.url}/2", TESTS, sender=sender)
    receiver.answer = always(200, b"kept, thanks")
    alerts(1)
    decide(anna)
    work_off(relay)
    assert sorted(receiver.whats()) == [
        ("alert.opened", "L1"),
        ("decision.made", "L1"),
        ("decision.made", "L1"),
    ]
    arrived = next(one for one in receiver.arrived if one.path.endswith("/2"))
    assert Webhook(secret).verify(arrived.body, arrived.headers)["id"] == arrived.event["id"]
    assert arrived.headers["webhook-id"] == arrived.event["id"]
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(arrived.body + b" ", arrived.headers)
    receipt = Receipt.objects.filter(endpoint=endpoint).get()
    assert (receipt.delivered, receipt.status, receipt.answer) == (True, 200, "kept, thanks")
    assert receipt.order_key == "L1"
    assert not Delivery.objects.exists()
    assert verify(None).problems == ()


def test_the_body_of_a_decision(
    endpoint: Endpoint, relay: Relay, receiver: Receiver, anna: User
) -> None:
    (alert,) = alerts(1)
    decide(anna)
    undo(anna)
    work_off(relay)
    made, undone = (arrived.event for arrived in receiver.arrived)
    assert made["data"] == {
        "decision": Decision.objects.order_by("pk")[0].pk,
        "alert": alert.pk,
        "listing_id": "L1",
        "listing_version": 1,
        "topic": "weapons",
        "verdict": "violates",
        "moderator": f"moderator-{anna.pk}",
        "clause": None,
        "policy_version": Decision.objects.order_by("pk")[0].policy_version,
        "replaces": None,
    }
    assert (made["type"], undone["type"]) == ("decision.made", "decision.undone")
    assert undone["data"]["replaces"] == made["data"]["decision"]


def test_a_later_event_of_a_listing_waits_for_the_earlier_one(
    endpoint: Endpoint, relay: Relay, receiver: Receiver, anna: User, ahead: Move
) -> None:
    alerts(2)
    (first,) = decide(anna)
    undo(anna)
    refused = [("decision.made", first)]
    receiver.answer = lambda one: (500 if one.what in refused else 200, {}, b"")
    (second,) = {"L1", "L2"} - {first}
    decide(anna)  # the same again: it is leased to her
    decide(anna)
    work_off(relay)
    assert set(receiver.whats()) == {("decision.made", first), ("decision.made", second)}
    refused.clear()
    ahead(timedelta(seconds=10))
    work_off(relay)
    names = [name for name, listing_id in receiver.whats() if listing_id == first]
    assert names == ["decision.made", "decision.made", "decision.undone", "decision.made"]
    identifiers = [one.headers["webhook-id"] for one in receiver.arrived if one.what[1] == first]
    assert identifiers[0] == identifiers[1]
    assert len(set(identifiers)) == 3


def test_an_endpoint_that_answers_500_for_a_day(
    endpoint: Endpoint, relay: Relay, receiver: Receiver, anna: User, ahead: Move
) -> None:
    """It is asked ever more rarely, loses nothing, and gets all as soon as it is well again."""
    alerts(3)
    listings = decide(anna, 3)
    receiver.answer = always(500, b"no", Retry_After="2")
    for _ in range(24 * 12):
        work_off(relay)
        ahead(timedelta(minutes=5))
    tries = len(receiver.arrived)
    assert AWAY_AFTER < tries < 400
    endpoint.refresh_from_db()
    assert endpoint.failing_since is not None
    assert f"{endpoint.pk}" in relay.notice
    assert Delivery.objects.filter(state=DeliveryState.WAITING).count() == 3
    receiver.answer = always(200)
    receiver.arrived.clear()
    ahead(timedelta(minutes=7))
    work_off(relay)
    assert sorted(receiver.whats()) == sorted(("decision.made", one) for one in listings)
    assert not Delivery.objects.exists()
    assert Receipt.objects.filter(delivered=False).count() == tries
    assert Receipt.objects.filter(delivered=True).count() == 3


def test_what_is_never_taken_is_a_dead_letter(
    endpoint: Endpoint, relay: Relay, receiver: Receiver, anna: User, ahead: Move
) -> None:
    """The others are delivered beside it, and a replay sends it once more."""
    alerts(1)
    poisoned = ("decision.made", "L1")
    receiver.answer = lambda one: (422 if one.what == poisoned else 200, {}, b"")
    decide(anna)
    undo(anna)
    began = audit.Event.objects.count()
    for _ in range(MOST_ATTEMPTS):
        work_off(relay)
        ahead(timedelta(hours=30))
    work_off(relay)
    assert receiver.whats() == [poisoned] * MOST_ATTEMPTS + [("decision.undone", "L1")]
    (dead,) = endpoints.dead_letters(endpoint.pk)
    assert (dead.order_key, dead.attempts) == ("L1", MOST_ATTEMPTS)
    assert "answered 422" in dead.problem
    receiver.answer = always(200)
    receiver.arrived.clear()
    since = Endpoint.objects.get().created_at - timedelta(hours=1)
    endpoints.replay(endpoint.pk, since, TESTS, "the receiver is mended")
    assert audit.Event.objects.count() == began + 1
    work_off(relay)
    assert receiver.whats() == [poisoned, ("decision.undone", "L1")]
    assert endpoints.dead_letters(endpoint.pk) == []


def test_an_endpoint_that_is_gone_is_disabled(
    endpoint: Endpoint, relay: Relay, receiver: Receiver, anna: User
) -> None:
    receiver.answer = always(410)
    alerts(2)
    decide(anna, 2)
    work_off(relay)
    endpoint.refresh_from_db()
    assert not endpoint.active
    tried = len(receiver.arrived)
    assert work_off(relay) is None
    assert len(receiver.arrived) == tried
    receiver.answer = always(200)
    endpoints.enable(endpoint.pk, TESTS, "it is back")
    Delivery.objects.update(due_at=endpoint.created_at)
    work_off(relay)
    assert {one for _, one in receiver.whats()[tried:]} == {"L1", "L2"}
    assert verify(None).problems == ()


def test_a_slow_endpoint_holds_up_no_other(
    endpoint: Endpoint, relay: Relay, receiver: Receiver, anna: User, sender: Sender
) -> None:
    with receiving() as slow:
        answered = threading.Event()
        slow.answer = lambda _: ((answered.wait(5) and 200) or 500, {}, b"")
        endpoints.add(slow.url, TESTS, ["decision.made"], sender=sender)
        alerts(3)
        listings = decide(anna, 3)
        while len(receiver.arrived) < 3:
            assert relay.turn()
        assert sorted(one for _, one in receiver.whats()) == sorted(listings)
        answered.set()
        work_off(relay)
        assert len(slow.arrived) == 3


def test_few_at_a_time_to_one_endpoint(
    endpoint: Endpoint,
) -> None:
    for sequence in range(1_000, 1_010):
        Delivery.objects.create(
            endpoint=endpoint, sequence=sequence, order_key=str(sequence),
            due_at=endpoint.created_at,
        )  # fmt: skip
    first = leasing.lease([endpoint])
    assert len(first) == leasing.PARALLEL
    assert leasing.lease([endpoint]) == []


def test_a_killed_relay_loses_nothing(
    endpoint: Endpoint, receiver: Receiver, anna: User, relay: Relay, ahead: Move
) -> None:
    """Killed after sending and before writing down: it arrives twice, under one identifier."""
    alerts(1)
    decide(anna)
    undo(anna)
    killed, answered = Relay(Sender(LOCAL)), threading.Event()
    answers = receiver.answer
    receiver.answer = lambda _: ((answered.wait(5) and 200) or 500, {}, b"")
    killed.turn(0.0)  # the answer is not there yet, so the turn writes nothing down
    while not receiver.arrived:
        pass
    answered.set()
    killed._pool.shutdown()
    receiver.answer = answers
    killed._running.clear()  # nothing of it is written down
    work_off(relay)
    assert receiver.whats() == [("decision.made", "L1")]
    ahead(timedelta(seconds=leasing.LEASE_SECONDS + 1))
    work_off(relay)
    assert [name for name, _ in receiver.whats()] == [
        "decision.made", "decision.made", "decision.undone",
    ]  # fmt: skip
    one, again = (arrived.headers["webhook-id"] for arrived in receiver.arrived[:2])
    assert one == again


def test_two_relays_at_once_deliver_each_event_once(
    endpoint: Endpoint, receiver: Receiver, anna: User
) -> None:
    alerts(3)
    for _ in range(4):
        decide(anna)
        undo(anna)
    decide(anna)
    events = 9
    relays = [Relay(Sender(LOCAL)) for _ in range(2)]
    threads = [threading.Thread(target=relay.run) for relay in relays]
    for thread in threads:
        thread.start()
    deadline = threading.Event()
    for _ in range(600):
        if Receipt.objects.count() >= events:
            break
        deadline.wait(0.05)
    for relay in relays:
        relay.stop()
    for thread in threads:
        thread.join()
    assert len(receiver.arrived) == events
    names = [name for name, _ in receiver.whats()]
    assert names == ["decision.made", "decision.undone"] * 4 + ["decision.made"]


def test_what_was_erased_is_not_sent(
    endpoint: Endpoint, receiver: Receiver, anna: User, relay: Relay
) -> None:
    alerts(2)
    decide(anna, 2)
    number = audit.Event.objects.filter(kind="decision").order_by("pk")[0].pk
    erase.erase_events([number], TESTS, "it was personal")
    work_off(relay)
    assert len(receiver.arrived) == 1
    assert not Delivery.objects.exists()


def test_golden_items_are_told_to_nobody(
    endpoint: Endpoint, receiver: Receiver, anna: User, relay: Relay
) -> None:
    (alert,) = alerts(1)
    type(alert).objects.filter(pk=alert.pk).update(
        purpose="golden", leased_by=anna, leased_until=endpoint.created_at
    )
    decide(anna)
    work_off(relay)
    assert receiver.arrived == []


def test_both_secrets_sign_during_the_overlap(
    endpoint: Endpoint, receiver: Receiver, anna: User, relay: Relay
) -> None:
    alerts(2)
    new = endpoints.rotate(endpoint.pk, TESTS, timedelta(hours=1))
    decide(anna)
    work_off(relay)
    assert len(receiver.arrived[0].headers["webhook-signature"].split(" ")) == 2
    newest = endpoints.rotate(endpoint.pk, TESTS, timedelta())
    decide(anna)
    work_off(relay)
    arrived = receiver.arrived[1]
    assert len(arrived.headers["webhook-signature"].split(" ")) == 1
    Webhook(newest).verify(arrived.body, arrived.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(new).verify(arrived.body, arrived.headers)


def test_a_turn_without_work_asks_little(endpoint: Endpoint, relay: Relay) -> None:
    from django.test.utils import CaptureQueriesContext

    work_off(relay)
    with CaptureQueriesContext(connection) as queries:
        assert not relay.turn()
    clock = 1 if connection.vendor == "postgresql" else 0
    assert len(queries) <= 7 + clock
