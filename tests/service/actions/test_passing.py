"""Skipped with a reason, escalated to a lead, notes; and alerts that changed meanwhile."""

from __future__ import annotations

import pytest
from tests.acting import TESTS
from tests.service.actions.conftest import Activate, judge, moderator, offer

from mimawari.errors import ForbiddenError, InvalidInputError
from mimawari.service.admission.models import Alert, AlertState
from mimawari.service.audit.models import Event
from mimawari.service.audit.sealing import seal
from mimawari.service.audit.verify import verify
from mimawari.service.erasure.seller import erase_seller
from mimawari.service.review import queue
from mimawari.service.review.models import Decision, Note, PassedOn, Passing
from mimawari.service.review.passing import pass_on

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def two_items(activate: Activate) -> None:
    activate()
    offer(1)
    offer(2, seller="t")


def test_a_lead_gets_what_was_escalated_and_nobody_else() -> None:
    anna, lea = moderator("anna"), moderator("lea", "lead")
    alert = queue.next_alert(anna)
    pass_on(Passing.ESCALATED, alert, anna, "is this a replica?")
    assert queue.next_alert(lea, escalated=True) == alert
    assert queue.next_alert(anna) not in (None, alert)
    assert queue.next_alert(anna, escalated=True) is None
    row = PassedOn.objects.get()
    assert (row.passing, row.reason, row.moderator) == ("escalated", "is this a replica?", anna)
    event = Event.objects.get(kind="escalation")
    assert event == row.event
    queue.decide(alert, lea, queue.Judgement("violates", "blade"), 1.0)
    assert Decision.objects.get().moderator == lea
    assert queue.undo(lea) == alert
    alert.refresh_from_db()
    assert alert.state == AlertState.ESCALATED, "it is a lead's again"
    seal()
    assert verify().problems == ()


def test_a_moderator_cannot_decide_what_was_escalated() -> None:
    anna, ben = moderator("anna"), moderator("ben")
    alert = queue.next_alert(anna)
    pass_on(Passing.ESCALATED, alert, anna, "unsure")
    for who in (anna, ben):
        with pytest.raises(ForbiddenError, match="waits for a lead"):
            queue.decide(alert, who, queue.Judgement("violates", "blade"), 1.0)
    with pytest.raises(InvalidInputError, match="escalated"):
        pass_on(Passing.ESCALATED, alert, anna, "again")
    assert PassedOn.objects.count() == 1


def test_what_is_skipped_with_a_reason_goes_to_another_moderator() -> None:
    anna, ben = moderator("anna"), moderator("ben")
    alert = queue.next_alert(anna)
    pass_on(Passing.SKIPPED, alert, anna, "I know the seller")
    assert queue.next_alert(ben, without=[]) == alert
    assert Event.objects.get(kind="skip") == PassedOn.objects.get().event


@pytest.mark.parametrize("act", list(Passing))
@pytest.mark.parametrize("reason", ["", " \n", "x" * 1_001, "a\0b"])
def test_reasons_that_are_none(act: Passing, reason: str) -> None:
    anna = moderator("anna")
    alert = queue.next_alert(anna)
    with pytest.raises(InvalidInputError, match="reason"):
        pass_on(act, alert, anna, reason)
    assert not PassedOn.objects.exists()
    alert.refresh_from_db()
    assert (alert.state, alert.leased_by) == (AlertState.OPEN, anna)


def test_only_who_holds_an_item_passes_it_on() -> None:
    anna, ben = moderator("anna"), moderator("ben")
    alert = queue.next_alert(anna)
    with pytest.raises(InvalidInputError, match="another moderator"):
        pass_on(Passing.ESCALATED, alert, ben, "unsure")


def test_a_note_is_kept_beside_the_decision() -> None:
    anna = moderator("anna")
    alert = queue.next_alert(anna)
    with pytest.raises(InvalidInputError, match="note: has 1,001 characters; at most 1,000"):
        queue.decide(alert, anna, queue.Judgement("violates", "blade", "x" * 1_001), 1.0)
    assert not Decision.objects.exists()
    queue.decide(
        alert, anna, queue.Judgement("violates", "blade", " the serial is filed off "), 1.0
    )
    assert Note.objects.get().text == "the serial is filed off"
    assert Event.objects.get(kind="note").subject == str(Decision.objects.get().pk)
    seal()
    assert verify().problems == ()


def test_an_erasure_takes_out_what_moderators_wrote_of_it() -> None:
    anna = moderator("anna")
    alert = queue.next_alert(anna)
    seller = alert.listing_version.seller_id
    queue.decide(alert, anna, queue.Judgement("violates", "blade", "Mr Smith told me"), 1.0)
    other = queue.next_alert(anna)
    pass_on(Passing.ESCALATED, other, anna, "known from before")
    erase_seller(seller, TESTS, "asked for")
    assert Note.objects.get().text == ""
    assert PassedOn.objects.get().reason == "known from before"
    assert Event.objects.get(kind="note").body is None
    assert Event.objects.get(kind="decision").body is not None
    seal()
    assert verify().problems == ()


def test_an_alert_whose_listing_was_edited() -> None:
    anna = moderator("anna")
    alert = queue.next_alert(anna)
    number = int(alert.listing_version.listing_id[1:])
    offer(number, "a cup", version=2, seller=alert.listing_version.seller_id)
    alert.refresh_from_db()
    assert alert.state == AlertState.SUPERSEDED
    with pytest.raises(InvalidInputError, match="was edited"):
        queue.decide(alert, anna, queue.Judgement("violates", "blade"), 1.0)


def test_an_alert_whose_listing_was_erased() -> None:
    anna = moderator("anna")
    alert = queue.next_alert(anna)
    erase_seller(alert.listing_version.seller_id, TESTS, "asked for")
    with pytest.raises(InvalidInputError, match="was erased"):
        queue.decide(alert, anna, queue.Judgement("violates", "blade"), 1.0)


def test_an_alert_that_was_decided_elsewhere() -> None:
    decided = judge("anna")
    with pytest.raises(InvalidInputError, match="decided it"):
        queue.decide(decided, moderator("ben"), queue.Judgement("violates", "blade"), 1.0)
    assert Decision.objects.get().moderator == moderator("anna")


def test_an_escalated_item_whose_seller_is_erased_is_closed() -> None:
    anna = moderator("anna")
    alert = queue.next_alert(anna)
    pass_on(Passing.ESCALATED, alert, anna, "unsure")
    erase_seller(alert.listing_version.seller_id, TESTS, "asked for")
    assert Alert.objects.get(pk=alert.pk).state == AlertState.SUPERSEDED
    assert queue.next_alert(moderator("lea", "lead"), escalated=True) is None
    assert PassedOn.objects.get().reason == ""


def test_a_decision_without_a_clause_is_told_as_before_there_were_any() -> None:
    """Events that were sealed by an earlier version are those of their rows still."""
    anna = moderator("anna")
    alert = queue.next_alert(anna)
    queue.decide(alert, anna, queue.Judgement("does_not_violate"), 1.0)
    body = Event.objects.get(kind="decision").body
    assert body is not None
    assert "clause" not in body
    assert body.endswith('"replaces":null}}')
