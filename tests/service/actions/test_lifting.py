"""Proposals are taken and actions lifted by who may, once."""

from __future__ import annotations

import pytest
from tests.acting import TESTS
from tests.service.actions.conftest import CLAUSES, Activate, judge, moderator, offer, taken

from mimawari.errors import ForbiddenError, InvalidInputError
from mimawari.service.accounts.authority import principal_of
from mimawari.service.actions.lifting import lift, take
from mimawari.service.actions.models import Action
from mimawari.service.actions.outcome import outcome_of
from mimawari.service.review import queue

pytestmark = pytest.mark.django_db(transaction=True)
PROPOSES = CLAUSES.replace('automatic = ["high", "critical"]', "")


@pytest.fixture
def proposal(activate: Activate) -> int:
    activate(PROPOSES)
    offer()
    judge("anna")
    return Action.objects.get().pk


def test_a_lead_takes_a_proposal_once(proposal: int) -> None:
    lead = principal_of(moderator("lea", "lead"))
    first = take(proposal, lead, "agreed")
    assert take(proposal, lead, "agreed") == first
    assert taken() == ["proposed hide -> none", "decided hide -> hide"]
    assert (first.proposal_id, first.principal, first.reason) == (proposal, lead.id, "agreed")
    queue.undo(moderator("anna"))
    assert taken()[2:] == ["un hide -> none"]


def test_a_proposal_that_was_taken_is_not_proposed_again(proposal: int) -> None:
    take(proposal, TESTS, "agreed")
    lift(Action.objects.latest("pk").pk, TESTS, "not after all")
    assert taken()[2:] == ["decided un hide -> none"]
    with pytest.raises(InvalidInputError, match="gave way to action"):
        lift(proposal, TESTS, "no")


def test_a_dismissed_proposal_is_not_taken(proposal: int) -> None:
    lift(proposal, TESTS, "too harsh")
    assert taken()[1:] == ["proposed un hide -> none"]
    with pytest.raises(InvalidInputError, match="was taken back"):
        take(proposal, TESTS, "agreed")


def test_lifting_twice_is_harmless(activate: Activate) -> None:
    activate()
    offer()
    judge("anna")
    number = Action.objects.get().pk
    first = lift(number, TESTS, "a museum")
    assert lift(number, TESTS, "again") == first
    assert Action.objects.count() == 2
    assert outcome_of("L1").action == "none"
    with pytest.raises(InvalidInputError, match="takes one back itself"):
        lift(first.pk, TESTS, "and back")
    with pytest.raises(InvalidInputError, match="no proposal"):
        take(number, TESTS, "agreed")


def test_who_may_not(proposal: int) -> None:
    with pytest.raises(ForbiddenError, match="actions:write"):
        take(proposal, principal_of(moderator("anna")), "agreed")
    lead = moderator("lea", "lead")
    from mimawari.service.accounts.roles import restrict

    restrict("lea", ["drugs"], TESTS)
    with pytest.raises(ForbiddenError, match="weapons"):
        lift(proposal, principal_of(lead), "no")
    assert len(taken()) == 1


@pytest.mark.parametrize("reason", ["", "  ", "x" * 1_001])
def test_reasons(proposal: int, reason: str) -> None:
    with pytest.raises(InvalidInputError, match="reason"):
        take(proposal, TESTS, reason)


def test_unknown_numbers(db: None) -> None:
    with pytest.raises(InvalidInputError, match="9 is unknown"):
        lift(9, TESTS, "no")
