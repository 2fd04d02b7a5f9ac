"""Actions as the marketplace is told of them."""

from __future__ import annotations

import pytest
from tests.acting import TESTS
from tests.service.actions.conftest import (  # noqa: F401  # a fixture
    CLAUSES,
    Activate,
    activate,
    judge,
    moderator,
    offer,
)
from tests.service.delivery.conftest import work_off
from tests.service.delivery.receiver import Receiver

from mimawari.records.outgoing import type_of
from mimawari.service.audit.sealing import seal_all
from mimawari.service.delivery import reading
from mimawari.service.delivery.bodies import Outgoing
from mimawari.service.delivery.models import Endpoint
from mimawari.service.delivery.relay import Relay
from mimawari.service.erasure.seller import erase_seller
from mimawari.service.review import queue

pytestmark = pytest.mark.django_db(transaction=True)
TYPES = ("action.taken", "action.reversed")


def told() -> list[Outgoing]:
    seal_all()
    return list(reading.read(0, 100, TYPES).events)


def short(outgoing: Outgoing) -> tuple[str, str, str, str]:
    event = outgoing.event
    return (
        type_of(type(event)),
        event.data.kind,
        event.data.standing,
        outgoing.order_key.partition(" ")[0],
    )


def test_actions_and_their_reversal(activate: Activate) -> None:  # noqa: F811
    activate()
    offer(seller="s7")
    judge("anna", clause="firearm")
    taken = told()
    assert sorted(map(short, taken)) == [
        ("action.taken", "delete", "delete", "L1"),
        ("action.taken", "restrict", "restrict", "seller"),
    ]
    data = taken[0].event.data
    assert (data.listing_id, data.listing_version, data.seller_id) == ("L1", 1, "s7")
    assert (data.clauses, data.severity, data.origin) == (("firearm",), "critical", "automatic")
    assert queue.undo(moderator("anna")) is not None
    reversed_ = told()[len(taken) :]
    assert sorted(map(short, reversed_)) == [
        ("action.reversed", "delete", "none", "L1"),
        ("action.reversed", "restrict", "none", "seller"),
    ]
    assert {one.event.data.reverses for one in reversed_} == {
        one.event.data.action for one in taken
    }


@pytest.mark.parametrize(
    "more", [CLAUSES.replace("automatic = [", "automatic = [] # ["), f"{CLAUSES}dry_run = true\n"]
)
def test_proposals_and_dry_runs_are_not_told(activate: Activate, more: str) -> None:  # noqa: F811
    activate(more)
    offer()
    judge("anna", clause="firearm")
    assert told() == []


def test_an_action_reaches_the_marketplace_after_its_decision(
    activate: Activate,  # noqa: F811
    endpoint: Endpoint,
    receiver: Receiver,
    relay: Relay,
) -> None:
    Endpoint.objects.update(types=[])
    activate()
    offer()
    judge("anna", clause="blade")
    seal_all()
    work_off(relay)
    names = [name for name, listing in receiver.whats() if listing == "L1"]
    assert names[:2] == ["alert.opened", "decision.made"]
    assert set(names[2:]) <= {"action.taken"}


def test_an_erased_seller_is_not_named(activate: Activate) -> None:  # noqa: F811
    activate()
    offer(seller="s7")
    judge("anna", clause="firearm")
    seal_all()
    erase_seller("s7", TESTS, "asked for")
    for outgoing in told():
        assert outgoing.event.data.seller_id is None
        assert "s7" not in outgoing.order_key
