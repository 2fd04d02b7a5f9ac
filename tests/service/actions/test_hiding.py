"""What is alerted above a threshold is hidden until somebody decided."""

from __future__ import annotations

import pytest
from tests.acting import TESTS
from tests.service.actions.conftest import CLAUSES, Activate, judge, moderator, offer, taken

from mimawari.records.principal import Principal
from mimawari.service.actions.lifting import lift
from mimawari.service.actions.models import Action, StandingAction
from mimawari.service.admission.models import Alert, AlertState
from mimawari.service.erasure.seller import erase_seller
from mimawari.service.review import queue
from mimawari.service.review.models import Passing
from mimawari.service.review.passing import pass_on

pytestmark = pytest.mark.django_db(transaction=True)
HIDES = f"{CLAUSES}hide_until_reviewed = 0.3\n"


@pytest.fixture(autouse=True)
def hidden(activate: Activate) -> None:
    """Have an alert whose listing is hidden."""
    activate(HIDES)
    offer()
    assert taken() == ["hide -> hide"]


def test_it_says_for_which_alert(hidden: None) -> None:
    action = Action.objects.get()
    assert (action.alert, action.decision) == (Alert.objects.get().pk, None)
    assert (action.principal_kind, action.principal) == ("system", "actions")


def test_a_lower_score_is_not_hidden(activate: Activate) -> None:
    activate(HIDES.replace("0.3", "0.99"))
    offer(2)
    assert taken("L2") == []


@pytest.mark.parametrize("verdict", ["does_not_violate", "cannot_tell"])
def test_it_is_shown_again_where_nobody_says_it_violates(verdict: str) -> None:
    judge("anna", verdict)
    assert taken()[1:] == ["un hide -> none"]


def test_a_decision_takes_its_place_and_undo_gives_it_back() -> None:
    first = Action.objects.get().pk
    judge("anna", clause="firearm")
    second = Action.objects.get(kind="delete").pk
    assert taken()[1:] == [f"delete for {first} -> delete", "restrict -> restrict"]
    queue.undo(moderator("anna"))
    assert taken()[3:] == [f"hide for {second} -> hide", "un restrict -> none"]
    judge("anna", "does_not_violate")
    assert taken()[-1] == "un hide -> none"
    queue.undo(moderator("anna"))
    assert taken()[-1] == "hide -> hide", "it waits again"


def test_an_edit_shows_the_listing_until_its_new_text_is_alerted() -> None:
    offer(version=2, title="a cup")
    assert Alert.objects.get().state == AlertState.SUPERSEDED
    assert taken()[1:] == ["un hide -> none"]


def test_an_edit_that_is_alerted_is_hidden_again() -> None:
    offer(version=2, title="a pistol again")
    assert taken()[-1].endswith("-> hide")
    assert StandingAction.objects.count() == 1


def test_what_is_displaced_is_shown_again(activate: Activate) -> None:
    for number in range(2, 23):
        offer(number, seller=f"s{number}")
    displaced = Alert.objects.filter(state=AlertState.DISPLACED)
    assert displaced.exists()
    for alert in displaced.select_related("listing_version"):
        assert taken(alert.listing_version.listing_id)[-1:] in ([], ["un hide -> none"])
    assert StandingAction.objects.count() == Alert.objects.filter(state=AlertState.OPEN).count()


def test_what_is_escalated_stays_hidden() -> None:
    anna = moderator("anna")
    alert = queue.next_alert(anna)
    pass_on(Passing.ESCALATED, alert, anna, "not sure which law")
    assert len(taken()) == 1


def test_what_was_erased_is_not_held_back_any_more() -> None:
    erase_seller("s", Principal.operator("tests"), "asked for")
    assert taken()[1:] == ["un hide -> none"]
    assert Alert.objects.get().state == AlertState.SUPERSEDED


def test_somebody_may_show_it_again_at_once() -> None:
    lift(Action.objects.get().pk, TESTS, "the mayor's museum")
    assert taken()[1:] == ["decided un hide -> none"]
    judge("anna")
    assert taken()[2:] == ["hide -> hide"]
