"""Every way in which an alert leaves the queue, as the marketplace is told of it: once."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import override_settings
from tests.acting import EVE, TESTS
from tests.service.conftest import listing
from tests.service.delivery.conftest import work_off as deliver
from tests.service.delivery.receiver import Receiver
from tests.service.rescan.acting import offer, rescan
from tests.service.trials import world
from tests.service.trials.conftest import (  # noqa: F401  # fixtures
    candidate,
    clock,
    good,
    market,
    topics,
    weak,
)
from tests.service.working import work

from mimawari.records.standing import Standing
from mimawari.service.accounts import roles
from mimawari.service.admission.admitter import Admitter
from mimawari.service.admission.lists import close_gone
from mimawari.service.admission.models import TOLD, Alert, Purpose
from mimawari.service.audit.sealing import seal_all
from mimawari.service.audit.verify import verify
from mimawari.service.catalogue.seller_policy import record_standing
from mimawari.service.delivery import reading
from mimawari.service.delivery.bodies import Outgoing
from mimawari.service.delivery.models import Endpoint
from mimawari.service.delivery.relay import Relay
from mimawari.service.erasure.seller import erase_seller
from mimawari.service.intake import log
from mimawari.service.intake.endings import Report, record_ended
from mimawari.service.intake.models import EndReason
from mimawari.service.releases.activating import activate_topic_file
from mimawari.service.review import golden, queue
from mimawari.service.trials.trials import start_experiment

pytestmark = pytest.mark.django_db(transaction=True)
TYPES = ("alert.opened", "alert.closed")
in_force = pytest.mark.usefixtures("generation")


def outgoing(*types: str) -> list[Outgoing]:
    seal_all()
    return list(reading.read(0, 10_000, types or TYPES).events)


def told(*types: str) -> list[tuple[str, int, str]]:
    """Give listing, version and what is told of its alerts, in order."""
    return [
        (one.order_key, one.event.data.listing_version, getattr(one.event.data, "reason", "opened"))
        for one in outgoing(*types)
    ]


def send(number: int, title: str = "a pistol", version: int = 1) -> None:
    log.append([listing(number, title, version)])
    work()


def admit() -> None:
    while Admitter().turn():
        pass


@in_force
@pytest.mark.parametrize("reason", list(EndReason))
def test_the_listings_end(reason: EndReason) -> None:
    send(1)
    record_ended([Report("L1", reason)], TESTS)
    admit()
    assert told() == [("L1", 1, "opened"), ("L1", 1, str(reason))]


@in_force
def test_an_edit_is_told_before_the_alert_of_the_new_text() -> None:
    send(1)
    send(1, "a new pistol", 2)
    assert told() == [("L1", 1, "opened"), ("L1", 1, "edited"), ("L1", 2, "opened")]
    admit()
    assert len(told()) == 3
    assert verify().problems == ()


@in_force
def test_an_edit_to_harmless_text_is_told() -> None:
    send(1)
    send(1, "a cup", 2)
    admit()
    assert told() == [("L1", 1, "opened"), ("L1", 1, "edited")]


def test_what_surer_ones_displace(db: None, topic_file: Callable[..., Path]) -> None:
    path = topic_file(capacity=1)
    more = '[[rules]]\nid = "sword"\nseverity = "critical"\nwhen = { words = ["sword"] }\n'
    more += '[rules.examples]\nmatch = ["a sword"]\nno_match = ["a cup"]\n'
    path.write_text(path.read_text("utf-8") + more, "utf-8")
    activate_topic_file(path, TESTS, "set-up")
    send(1)
    send(2, "a sword")
    assert told() == [("L1", 1, "opened"), ("L1", 1, "displaced"), ("L2", 1, "opened")]


def test_what_a_rescan_displaces(db: None, topic_file: Callable[..., Path]) -> None:
    path = topic_file(capacity=2)
    activate_topic_file(path, TESTS, "set-up")
    offer("a sword", 9)
    offer("a pistol", 1, 2)
    more = '[[rules]]\nid = "sword"\nseverity = "critical"\nwhen = { words = ["sword"] }\n'
    more += '[rules.examples]\nmatch = ["a sword"]\nno_match = ["a cup"]\n'
    path.write_text(path.read_text("utf-8") + more, "utf-8")
    activate_topic_file(path, TESTS, "new words")
    rescan(share=0.5)
    assert told()[2:] == [("L2", 1, "displaced"), ("L9", 1, "opened")]


@in_force
def test_a_seller_who_is_trusted_by_now() -> None:
    send(1)
    record_standing("s", Standing.EXEMPT, (), TESTS, "a museum")
    admit()
    assert told() == [("L1", 1, "opened"), ("L1", 1, "spared")]


@in_force
def test_an_erased_seller_is_told_by_listing_alone() -> None:
    send(1)
    erase_seller("s", TESTS, "asked for")
    admit()
    assert told() == [("L1", 1, "opened"), ("L1", 1, "erased")]
    assert b'"s"' not in msgspec.json.encode([one.event for one in outgoing()])


@in_force
def test_a_decision_is_told_as_a_decision_alone_and_what_follows_an_undo_once(
    anna: User,
) -> None:
    send(1)
    alert = queue.next_alert(anna)
    assert alert is not None
    queue.decide(alert, anna, "violates", 1.0)
    record_ended([Report("L1", EndReason.SOLD)], TESTS)
    admit()
    assert told() == [("L1", 1, "opened")]
    assert queue.undo(anna) is not None
    admit()
    assert told() == [("L1", 1, "opened"), ("L1", 1, "sold")]


@in_force
def test_a_list_that_became_shorter(topic_file: Callable[..., Path]) -> None:
    send(1)
    send(2)
    activate_topic_file(topic_file(capacity=1), TESTS, "fewer moderators")
    send(3)
    count = Counter(what for *_, what in told())
    assert count["displaced"] == count["opened"] - 1
    assert Alert.objects.filter(state="open").count() == 1


@in_force
def test_two_admitters_at_once_tell_of_it_once() -> None:
    """Lists of other days of a topic are merged beside each other, and each closes what is gone."""
    send(1)
    log.append([listing(1, "a cup", 2)])
    barrier, numbers = threading.Barrier(2), list[int]()

    def close() -> None:
        barrier.wait(30)
        with transaction.atomic():
            numbers.extend(close_gone("weapons"))
        connection.close()

    threads = [threading.Thread(target=close) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(numbers) == 1
    assert told() == [("L1", 1, "opened"), ("L1", 1, "edited")]


@in_force
def test_webhooks_tell_the_same_as_the_feed(
    endpoint: Endpoint, receiver: Receiver, relay: Relay
) -> None:
    Endpoint.objects.update(types=[])
    send(1)
    send(1, "a new pistol", 2)
    record_ended([Report("L1", EndReason.SOLD)], TESTS)
    admit()
    expected = [msgspec.to_builtins(one.event) for one in outgoing()]
    deliver(relay)
    assert [arrived.event for arrived in receiver.arrived] == expected
    assert [event["version"] for event in expected if event["type"] == "alert.closed"] == [2, 2]


def shares(**values: float) -> Any:
    return override_settings(CONFIG=msgspec.structs.replace(settings.CONFIG, **values))


def known_alerts() -> set[int]:
    return {alert for one in outgoing() if (alert := one.event.data.alert) is not None}


@in_force
def test_a_second_judgement_and_a_golden_item_are_no_alerts_outside(anna: User) -> None:
    """Who reads the feed must not learn which cases are asked twice, or known already."""
    ben = roles.add("ben", None, "moderator", TESTS)
    send(9)
    Alert.objects.all().delete()
    with shares(second_share=1.0, golden_share=0.0):
        send(1)
        alert = queue.next_alert(anna)
        assert alert is not None
        queue.decide(alert, anna, "violates", 1.0)
        second = Alert.objects.get(purpose=Purpose.SECOND)
        golden.add("L9", "weapons", "violates", EVE, "a clear case")
    with shares(second_share=0.0, golden_share=1.0):
        send(2)
        asked = queue.next_alert(ben, without=[second.pk])
    assert asked is not None
    assert asked.purpose == Purpose.GOLDEN
    queue.release(asked, ben)
    erase_seller("s", TESTS, "asked for")
    purposes = Alert.objects.filter(pk__in=known_alerts()).values_list("purpose", flat=True)
    assert set(purposes) <= set(TOLD)
    assert [what for *_, what in told()].count("erased") == 1


def test_items_of_an_experiment_are_no_alerts_outside(
    market: world.Market,  # noqa: F811
    candidate: str,  # noqa: F811
) -> None:
    """What one model alone would have listed cannot be told from what both would have."""
    people = world.moderators()
    before = known_alerts()
    trial = start_experiment(world.TOPIC, candidate, EVE, "online", round_minutes=1440, seed=3)
    market.pass_days(3, people)
    items = Alert.objects.filter(trial_items__trial=trial)
    assert items.filter(state="decided").exists()
    assert not known_alerts() & set(items.values_list("pk", flat=True))
    opened = Counter(one.event.data.topic for one in outgoing("alert.opened"))
    assert opened[world.TOPIC] == len(before), "the topic's list is the experiment's"
    ends = Counter(one.event.data.alert for one in outgoing("alert.closed"))
    open_or_decided = Alert.objects.filter(pk__in=known_alerts(), state__in=("open", "decided"))
    over = known_alerts() - set(open_or_decided.values_list("pk", flat=True))
    assert ends == Counter(over), "each that gave way to the trial is told as closed, once"
    decided = {one.event.data.alert for one in outgoing("decision.made")}
    assert decided & set(items.values_list("pk", flat=True)), "decisions are told all the same"
