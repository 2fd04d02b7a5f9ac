"""Strikes whose time is over: recorded once, told, and what becomes of restrictions."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import translation
from tests.acting import TESTS
from tests.service.actions.conftest import (
    CLAUSES,
    STRIKES,
    Activate,
    judge,
    moderator,
    offer,
    taken,
)
from tests.service.delivery.conftest import ahead, endpoint, receiver, relay, sender  # noqa: F401
from tests.service.delivery.conftest import work_off as deliver
from tests.service.delivery.receiver import Receiver

from mimawari.errors import InvalidInputError
from mimawari.records.outgoing import AboutStrike, Reversal, type_of
from mimawari.service.accounts.authority import principal_of
from mimawari.service.actions.expiring import StrikeExpirer
from mimawari.service.actions.lifting import lift, take
from mimawari.service.actions.models import Action, Stage, StandingAction, StrikeExpiry
from mimawari.service.actions.outcome import restrictions_of
from mimawari.service.audit.sealing import seal_all
from mimawari.service.audit.verify import verify
from mimawari.service.delivery import reading
from mimawari.service.delivery.models import Endpoint
from mimawari.service.delivery.relay import Relay
from mimawari.service.erasure.seller import erase_seller
from mimawari.service.review import queue

pytestmark = pytest.mark.django_db(transaction=True)
WARNS = CLAUSES.replace('high = "hide"', 'high = "warn"')
PROPOSES = STRIKES.replace("automatic = true", "")
Ahead = Callable[[timedelta], None]
TYPES = ("strike.given", "strike.withdrawn", "strike.expired", "strike.threshold")


def told(*types: str) -> list[str]:
    """Say in short what is told of strikes and restrictions, in order."""
    seal_all()
    words = []
    for outgoing in reading.read(0, 1_000, types or TYPES).events:
        data = outgoing.event.data
        assert isinstance(data, AboutStrike)
        name = type_of(type(outgoing.event)).removeprefix("strike.")
        words.append(f"{name} {getattr(data, 'passed', '')} {data.total}".replace("  ", " "))
    return words


def struck(activate: Activate, strikes: str = STRIKES, apart: Ahead | None = None) -> None:
    """Have a seller struck twice, which is enough; the second time some days later."""
    activate(WARNS + strikes)
    offer(1)
    judge("anna")
    if apart is not None:
        apart(timedelta(days=10))
    offer(2)
    judge("anna")


def expire() -> int:
    expirer = StrikeExpirer()
    return sum(iter(expirer.turn, 0))


def proposed() -> list[Action]:
    rows = StandingAction.objects.filter(stage=Stage.PROPOSED).select_related("action")
    return [row.action for row in rows]


def test_a_strike_that_is_over_is_told_once_and_the_policy_lifts(
    activate: Activate,
    ahead: Ahead,  # noqa: F811
) -> None:
    struck(activate, apart=ahead)
    assert expire() == 0
    assert told() == ["given 2", "given 4", "threshold reached 4"]
    (restriction,) = restrictions_of("s")
    ahead(timedelta(days=171))
    assert (expire(), expire()) == (1, 0)
    assert told()[3:] == ["expired 2", "threshold left 2"]
    assert restrictions_of("s") == []
    lifted = Action.objects.get(reverses=restriction)
    assert (lifted.origin, lifted.principal, lifted.standing) == ("automatic", "actions", "none")
    ahead(timedelta(days=171))
    assert (expire(), expire()) == (1, 0)
    assert told()[5:] == ["expired 0"]
    assert verify().problems == ()


def test_all_that_is_over_at_once_counts_down(activate: Activate, ahead: Ahead) -> None:  # noqa: F811
    struck(activate)
    ahead(timedelta(days=181))
    assert expire() == 2
    assert told()[3:] == ["expired 2", "expired 0", "threshold left 0"]


def test_where_somebody_restricted_the_lift_is_proposed(
    activate: Activate,
    ahead: Ahead,  # noqa: F811
) -> None:
    struck(activate, PROPOSES)
    lea = principal_of(moderator("lea", "lead"))
    (restrict,) = proposed()
    restriction = take(restrict.pk, lea, "agreed")
    ahead(timedelta(days=181))
    expire()
    assert restrictions_of("s") == [restriction.pk], "nothing is lifted by itself"
    (proposal,) = proposed()
    assert (proposal.lifts_id, proposal.origin, proposal.principal) == (
        restriction.pk,
        "proposed",
        "actions",
    )
    lifted = take(proposal.pk, lea, "it is over")
    assert (lifted.reverses_id, lifted.proposal_id, lifted.origin) == (
        restriction.pk,
        proposal.pk,
        "decided",
    )
    assert take(proposal.pk, lea, "it is over") == lifted
    assert (restrictions_of("s"), proposed()) == ([], [])
    assert verify().problems == ()
    seal_all()
    assert [
        data.reverses
        for outgoing in reading.read(0, 1_000, ("action.reversed",)).events
        if isinstance(data := outgoing.event.data, Reversal) and data.kind == "restrict"
    ] == [restriction.pk]


def test_a_policy_that_is_automatic_no_more_proposes(
    activate: Activate,
    ahead: Ahead,  # noqa: F811
) -> None:
    struck(activate)
    activate(WARNS + PROPOSES)
    ahead(timedelta(days=181))
    expire()
    (proposal,) = proposed()
    assert [proposal.lifts_id] == restrictions_of("s")


def test_a_refused_lift_is_not_proposed_again(activate: Activate, ahead: Ahead) -> None:  # noqa: F811
    struck(activate, PROPOSES, apart=ahead)
    lea = principal_of(moderator("lea", "lead"))
    restriction = take(proposed()[0].pk, lea, "agreed")
    ahead(timedelta(days=171))
    expire()
    lift(proposed()[0].pk, lea, "they do it again and again")
    ahead(timedelta(days=171))
    assert expire() == 1
    assert proposed() == []
    assert restrictions_of("s") == [restriction.pk]


def test_what_is_lifted_by_hand_is_proposed_no_more(
    activate: Activate,
    ahead: Ahead,  # noqa: F811
) -> None:
    struck(activate, PROPOSES)
    lea = principal_of(moderator("lea", "lead"))
    restriction = take(proposed()[0].pk, lea, "agreed")
    ahead(timedelta(days=181))
    expire()
    lift(restriction.pk, lea, "enough")
    assert proposed() == []


def test_new_strikes_keep_the_restriction(activate: Activate, ahead: Ahead) -> None:  # noqa: F811
    struck(activate, PROPOSES)
    lea = principal_of(moderator("lea", "lead"))
    restriction = take(proposed()[0].pk, lea, "agreed")
    ahead(timedelta(days=181))
    expire()
    assert len(proposed()) == 1
    for number in (3, 4):
        offer(number)
        judge("anna")
    assert proposed() == []
    assert restrictions_of("s") == [restriction.pk]
    assert told()[-2:] == ["given 4", "threshold reached 4"]


def test_a_proposed_restriction_goes_with_its_strikes(
    activate: Activate,
    ahead: Ahead,  # noqa: F811
) -> None:
    struck(activate, PROPOSES)
    ahead(timedelta(days=181))
    expire()
    assert proposed() == []
    assert Action.objects.filter(kind="restrict").exclude(origin="proposed").count() == 0


def test_an_undo_withdraws_and_what_is_withdrawn_never_expires(
    activate: Activate,
    ahead: Ahead,  # noqa: F811
) -> None:
    struck(activate)
    queue.undo(moderator("anna"))
    assert told()[3:] == ["withdrawn 2", "threshold left 2"]
    ahead(timedelta(days=181))
    assert expire() == 1
    assert told()[5:] == ["expired 0"]


def test_a_dry_run_is_recorded_and_not_told(activate: Activate, ahead: Ahead) -> None:  # noqa: F811
    struck(activate, f"dry_run = true\n{STRIKES}")
    ahead(timedelta(days=181))
    assert expire() == 2
    assert told() == []
    assert not StandingAction.objects.filter(target="seller").exists()


def test_of_an_erased_seller_nothing_follows(activate: Activate, ahead: Ahead) -> None:  # noqa: F811
    struck(activate)
    erase_seller("s", TESTS, "asked for")
    ahead(timedelta(days=181))
    assert expire() == 0
    seal_all()
    for outgoing in reading.read(0, 1_000, TYPES).events:
        assert isinstance(outgoing.event.data, AboutStrike)
        assert outgoing.event.data.seller_id is None


def test_workers_beside_each_other_record_each_once(
    activate: Activate,
    ahead: Ahead,  # noqa: F811
) -> None:
    struck(activate)
    ahead(timedelta(days=181))
    barrier, recorded = threading.Barrier(3), list[int]()

    def work() -> None:
        barrier.wait(30)
        recorded.append(expire())
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(recorded) == 2
    assert told()[3:] == ["expired 2", "expired 0", "threshold left 0"]
    assert taken("L2")[-1] == "un restrict -> none"


def test_a_keeper_sees_what_expires_after_its_first_look(
    activate: Activate,
    ahead: Ahead,  # noqa: F811
) -> None:
    expirer = StrikeExpirer()
    struck(activate, apart=ahead)
    expirer.work()
    for days in (171, 10):
        ahead(timedelta(days=days))
        expirer.work()
    assert StrikeExpiry.objects.count() == 2


def test_expiries_are_append_only(activate: Activate, ahead: Ahead) -> None:  # noqa: F811
    struck(activate)
    ahead(timedelta(days=181))
    expire()
    with pytest.raises(DatabaseError), transaction.atomic():
        StrikeExpiry.objects.update(total=9)
    with pytest.raises(DatabaseError), transaction.atomic():
        StrikeExpiry.objects.all()._raw_delete("default")


def test_webhooks_tell_of_a_seller_in_order(
    activate: Activate,
    ahead: Ahead,  # noqa: F811
    endpoint: Endpoint,  # noqa: F811
    receiver: Receiver,  # noqa: F811
    relay: Relay,  # noqa: F811
) -> None:
    Endpoint.objects.update(types=[])
    struck(activate)
    ahead(timedelta(days=181))
    expire()
    seal_all()
    deliver(relay)
    events = [arrived.event for arrived in receiver.arrived]
    about = [
        event["type"]
        for event in events
        if event["type"].startswith("strike") or event["data"].get("kind") == "restrict"
    ]
    assert about == [
        "strike.given",
        "strike.given",
        "strike.threshold",
        "action.taken",
        "strike.expired",
        "strike.expired",
        "strike.threshold",
        "action.reversed",
    ]
    assert {event["data"]["seller_id"] for event in events if "strike" in event["type"]} == {"s"}


def test_the_page_of_proposals_says_what_is_to_be_lifted(
    activate: Activate,
    ahead: Ahead,  # noqa: F811
    client: Client,
) -> None:
    struck(activate, PROPOSES)
    lea = moderator("lea", "lead")
    restriction = take(proposed()[0].pk, principal_of(lea), "agreed")
    ahead(timedelta(days=181))
    expire()
    client.force_login(lea)
    page = client.get("/proposals").content.decode()
    assert "lift the restriction" in page
    assert "fewer than 4 strikes by now" in page
    with translation.override("en"):  # what the page was shown in stays with the thread
        client.cookies["django_language"] = "ja"
        page = client.get("/proposals").content.decode()
    assert "制限を解除" in page
    number = proposed()[0].pk
    client.post("/proposals/settle", {"do": "take", "action": number, "reason": "over"})
    assert restrictions_of("s") == []
    with pytest.raises(InvalidInputError):
        lift(restriction.pk + 1_000, principal_of(lea), "no such")
