"""Actions follow decisions, undo and second judgements, once."""

from __future__ import annotations

import msgspec
import pytest
from django.conf import settings
from django.db import connection
from tests.service.actions.conftest import CLAUSES, Activate, judge, moderator, offer, taken

from mimawari.errors import InvalidInputError
from mimawari.listings.listing import Listing
from mimawari.service.actions.models import Action, StandingAction
from mimawari.service.actions.outcome import outcome_of
from mimawari.service.admission.models import Alert
from mimawari.service.audit.models import Event
from mimawari.service.audit.sealing import seal
from mimawari.service.audit.verify import verify
from mimawari.service.intake import log
from mimawari.service.review import queue
from mimawari.service.review.models import Decision

pytestmark = pytest.mark.django_db(transaction=True)


def holds(listing: str = "L1") -> list[str]:
    return sorted(
        StandingAction.objects.filter(listing_id=listing).values_list("action__kind", flat=True)
    )


def test_a_violation_is_acted_on_and_an_undo_sends_the_opposite(activate: Activate) -> None:
    activate()
    offer()
    judge("anna")
    assert taken() == ["hide -> hide"]
    decision = Decision.objects.get()
    action = Action.objects.get()
    assert (action.decision, action.clauses, action.severity) == (decision.pk, ["blade"], "high")
    assert (action.principal_kind, action.principal) == ("user", str(decision.moderator_id))
    queue.undo(moderator("anna"))
    assert taken() == ["hide -> hide", "un hide -> none"]
    assert holds() == []


def test_undo_after_undo(activate: Activate) -> None:
    activate()
    offer()
    for _ in range(3):
        judge("anna")
        queue.undo(moderator("anna"))
        assert queue.undo(moderator("anna")) is None
    assert taken() == ["hide -> hide", "un hide -> none"] * 3
    judge("anna", "does_not_violate")
    assert len(taken()) == 6
    queue.undo(moderator("anna"))
    judge("anna")
    assert taken()[6:] == ["hide -> hide"]


def test_a_clause_may_be_graver_and_concern_the_seller_too(activate: Activate) -> None:
    activate()
    offer()
    judge("anna", clause="firearm")
    assert taken() == ["delete -> delete", "restrict -> restrict"]
    outcome = outcome_of("L1")
    assert outcome is not None
    assert (outcome.action, outcome.seller_restricted) == ("delete", True)
    queue.undo(moderator("anna"))
    assert taken()[2:] == ["un delete -> none", "un restrict -> none"]


def test_what_is_not_automatic_is_proposed(activate: Activate) -> None:
    activate(CLAUSES.replace('automatic = ["high", "critical"]', ""))
    offer()
    judge("anna")
    assert taken() == ["proposed hide -> none"]
    assert outcome_of("L1").action == "none"
    queue.undo(moderator("anna"))
    assert taken()[1:] == ["proposed un hide -> none"]


def test_a_dry_run_is_recorded_only(activate: Activate) -> None:
    activate(f"{CLAUSES}dry_run = true\n")
    offer()
    judge("anna")
    assert taken() == ["dry hide -> none"]
    assert outcome_of("L1").action == "none"
    activate()
    queue.undo(moderator("anna"))
    assert taken()[1:] == ["dry un hide -> none"], "what was never sent is not taken back"


def test_the_setting_makes_every_run_a_dry_one(
    activate: Activate, monkeypatch: pytest.MonkeyPatch
) -> None:
    dry = msgspec.structs.replace(settings.CONFIG, actions_dry_run=True)
    monkeypatch.setattr(settings, "CONFIG", dry)
    activate()
    offer()
    judge("anna")
    assert taken() == ["dry hide -> none"]


def test_the_strongest_over_topics_is_to_be_done(activate: Activate) -> None:
    activate()
    activate('[actions]\nhigh = "delete"\nautomatic = ["high"]\n', "drugs", "weed")
    offer(title="a pistol with weed")
    judge("anna", clause="", topic="drugs")
    judge("anna")
    assert taken() == ["delete -> delete", "hide -> delete"]
    assert outcome_of("L1").action == "delete"
    queue.undo(moderator("anna"))
    queue.undo(moderator("anna"))
    assert taken()[2:] == ["un hide -> delete", "un delete -> none"]


def test_a_confirmed_topic_proposes_until_the_second_moderator(activate: Activate) -> None:
    moderator("ben")
    activate(head="confirm_positives = true")
    offer()
    judge("anna")
    assert taken() == ["proposed hide -> none"]
    judge("ben")
    assert taken()[1:] == ["hide -> hide"]
    action = Action.objects.latest("pk")
    assert action.proposal == Action.objects.earliest("pk")
    assert holds() == ["hide"]
    queue.undo(moderator("ben"))
    assert taken()[2:] == ["un hide -> none", "proposed hide -> none"]


def test_two_who_disagree_change_nothing(activate: Activate) -> None:
    moderator("ben")
    activate(head="confirm_positives = true")
    offer()
    judge("anna")
    judge("ben", "does_not_violate")
    assert taken() == ["proposed hide -> none"]


def test_the_text_before_an_edit_is_proposed_only(activate: Activate) -> None:
    activate()
    offer()
    anna = moderator("anna")
    alert = queue.next_alert(anna)
    log.append([Listing(id="L1", version=2, seller_id="s", title="a cup")])
    queue.decide(alert, anna, queue.Judgement("violates", "blade"), 1.0)
    assert taken() == ["proposed hide -> none"]


def test_a_clean_edit_lifts_what_the_text_before_it_brought(activate: Activate) -> None:
    activate()
    offer()
    judge("anna")
    offer(title="a toy pistol", version=2)
    judge("anna", "does_not_violate")
    assert taken() == ["hide -> hide", "un hide -> none"]


def test_an_edit_that_violates_takes_the_place(activate: Activate) -> None:
    activate()
    offer()
    judge("anna")
    first = Action.objects.get().pk
    offer(title="a pistol again", version=2)
    judge("anna", clause="firearm")
    assert taken() == ["hide -> hide", f"delete for {first} -> delete", "restrict -> restrict"]
    assert holds() == ["delete", "restrict"]


def test_an_older_text_says_nothing_of_a_newer_one(activate: Activate) -> None:
    """What is judged late, such as an item of a trial, does not undo what followed since."""
    moderator("ben")
    activate(head="confirm_positives = true")
    offer()
    judge("anna")
    offer(title="a pistol again", version=2)
    judge("ben", topic="weapons")  # the second judgement of the first text, or the new text
    assert "un" not in " ".join(taken())


@pytest.mark.parametrize("clause", ["", "sword", "x" * 5_000])
def test_clauses_that_the_policy_does_not_have(activate: Activate, clause: str) -> None:
    activate()
    offer()
    anna = moderator("anna")
    alert = queue.next_alert(anna)
    with pytest.raises(InvalidInputError, match=r"clause: .*use firearm, blade"):
        queue.decide(alert, anna, queue.Judgement("violates", clause), 1.0)
    assert not Decision.objects.exists()
    with pytest.raises(InvalidInputError, match="violates only"):
        queue.decide(alert, anna, queue.Judgement("cannot_tell", "blade"), 1.0)


def test_a_clause_may_be_left_out_where_the_topic_says_so(activate: Activate) -> None:
    activate(head="clause_optional = true")
    offer()
    judge("anna", clause="")
    assert Decision.objects.get().clause is None
    assert taken() == ["hide -> hide"]


def test_topic_files_without_any_of_it_go_on_working(activate: Activate) -> None:
    activate("")
    offer()
    with pytest.raises(InvalidInputError, match="the policy has no clauses"):
        judge("anna", clause="blade")
    judge("anna", clause="")
    assert taken() == []
    assert not Event.objects.filter(kind__in=("action", "strike")).exists()


def test_a_repeated_decision_changes_nothing(activate: Activate) -> None:
    activate()
    offer()
    alert = judge("anna")
    with pytest.raises(InvalidInputError, match="decided it"):
        queue.decide(alert, moderator("anna"), queue.Judgement("violates", "blade"), 1.0)
    assert len(taken()) == 1


def test_nothing_is_kept_of_a_decision_whose_action_fails(
    activate: Activate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a kill between the two would have it: both or none."""
    activate()
    offer()
    with monkeypatch.context() as patch:
        patch.setattr("mimawari.service.actions.strikes.follow", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            judge("anna")
    assert not Action.objects.exists()
    assert not Decision.objects.exists()
    assert not StandingAction.objects.exists()
    assert Alert.objects.get().state == "open"
    judge("anna")
    assert taken() == ["hide -> hide"]


def test_rows_are_sealed_and_the_ledger_tells_of_them(activate: Activate) -> None:
    activate()
    offer()
    judge("anna", clause="firearm")
    queue.undo(moderator("anna"))
    events = Event.objects.filter(kind__startswith="action").order_by("pk")
    actions = [str(number) for number in Action.objects.order_by("pk").values_list("pk", flat=True)]
    assert list(events.values_list("subject", flat=True)) == actions
    assert list(events.values_list("kind", flat=True)) == ["action"] * 2 + ["action_reversal"] * 2
    seal()
    assert verify().problems == ()
    with pytest.raises(Exception, match="append-only"), connection.cursor() as cursor:
        cursor.execute("UPDATE actions_action SET kind = 'warn'")
