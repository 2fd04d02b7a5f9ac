"""Decisions on listings that a moderator found: with or without an alert, once, and undone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
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
from tests.service.actions.searched import decide, refused, unlisted

from mimawari.errors import ForbiddenError, InvalidInputError
from mimawari.records.principal import Principal
from mimawari.service.accounts.authority import of_user
from mimawari.service.actions import strikes
from mimawari.service.actions.outcome import outcome_of
from mimawari.service.admission.models import Alert, AlertState, Purpose
from mimawari.service.audit.models import Event
from mimawari.service.audit.sealing import seal
from mimawari.service.audit.verify import verify
from mimawari.service.erasure.seller import erase_seller
from mimawari.service.intake.endings import Report, record_ended
from mimawari.service.intake.models import EndReason
from mimawari.service.platform import clock
from mimawari.service.review import group_undo, queue
from mimawari.service.review.group_request import MOST_LISTINGS, Shown
from mimawari.service.review.groups import KeyTakenError
from mimawari.service.review.labels import labels
from mimawari.service.review.models import Decision, DecisionGroup, Note, Verdict

pytestmark = pytest.mark.django_db(transaction=True)
MARKET = Principal("key", "k", "market")


def undo(who: str, group: DecisionGroup | None, only: int | None = None) -> list[Decision]:
    user = moderator(who)
    assert group is not None
    return group_undo.take_back(group.pk, user, of_user(user), only)


def test_a_decision_without_an_alert(activate: Activate) -> None:
    """It is recorded with its event, is a label, is acted on, and taken back with the opposite."""
    activate(CLAUSES + STRIKES)
    outcome = decide("anna", unlisted(1), note="seen in the shop")
    (decision,) = Decision.objects.all()
    assert decision.group == outcome.group
    assert (decision.clause, decision.alert.purpose) == ("blade", Purpose.SEARCH)
    assert decision.alert.state == AlertState.DECIDED
    assert Note.objects.get().text == "seen in the shop"
    kinds = list(Event.objects.order_by("pk").values_list("kind", flat=True))[-5:]
    assert kinds == ["decision_group", "decision", "note", "action", "strike"]
    (label,) = labels("weapons")
    assert (label.value, label.probability, label.searched) == (1, 1.0, True)
    assert taken() == ["hide -> hide"]
    assert strikes.total_of("s", clock.database_now()) == 2
    seal()
    assert not verify().problems

    assert [row.pk for row in undo("anna", outcome.group)] == [decision.pk]
    assert undo("anna", outcome.group) == []
    assert taken() == ["hide -> hide", "un hide -> none"]
    assert strikes.total_of("s", clock.database_now()) == 0
    assert not list(labels("weapons"))
    assert Alert.objects.get().state == AlertState.EXPIRED
    assert queue.next_alert(moderator("ben")) is None, "nobody had asked about it"
    seal()
    assert not verify().problems
    decide("anna", [Shown("L1", 1)], "does_not_violate", key="press 2")
    assert [label.value for label in labels("weapons")] == [0]


def test_the_same_press_decides_once(activate: Activate) -> None:
    activate()
    shown = unlisted(1, 2)
    first = decide("anna", shown)
    again = decide("anna", shown)
    assert again.group == first.group
    assert Decision.objects.count() == 2
    with pytest.raises(KeyTakenError, match="key"):
        decide("anna", shown[:1])
    decide("ben", unlisted(3), key="press 1")  # a key is its account's


def test_two_connections_press_at_once(activate: Activate) -> None:
    activate()
    shown = unlisted(*range(1, 6))
    moderator("anna")

    def press(_: int) -> int:
        try:
            outcome = decide("anna", shown)
        finally:
            connection.close()
        assert outcome.group is not None
        return outcome.group.pk

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(press, range(4)))) == 1
    assert Decision.objects.count() == 5
    assert DecisionGroup.objects.count() == 1


def test_two_moderators_press_at_once(activate: Activate) -> None:
    """Each listing is decided by one of them, and the other is told."""
    activate()
    shown = unlisted(*range(1, 6))
    for name in ("anna", "ben"):
        moderator(name)

    def press(who: str) -> int:
        try:
            return len(decide(who, shown).refused)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        counts = sorted(pool.map(press, ("anna", "ben")))
    assert counts == [0, 5]
    assert Decision.objects.count() == 5


def test_what_is_not_decided_and_why(activate: Activate) -> None:
    """The others are decided."""
    activate()
    shown = unlisted(1, 2, 3, 4, 5)
    unlisted(1, version=2)
    record_ended([Report("L2", EndReason.SOLD)], MARKET)
    decide("ben", [Shown("L3", 1)])
    decide("anna", [Shown("L4", 1)], "does_not_violate", key="before")
    outcome = decide("anna", [*shown, Shown("L9", 1)], key="press 2")
    assert refused(outcome) == {
        "L1": "edited",
        "L2": "ended",
        "L3": "decided",
        "L4": "decided_by_you",
        "L9": "unknown",
    }
    assert outcome.group is not None
    assert [d.alert.listing_version.listing_id for d in outcome.group.decisions.all()] == ["L5"]
    assert refused(decide("anna", [*shown, Shown("L9", 1)], key="press 2")) == refused(outcome)
    nothing = decide("anna", [Shown("L1", 1)], key="press 3")
    assert (nothing.group, refused(nothing)) == (None, {"L1": "edited"})


def test_an_open_alert_is_settled(activate: Activate) -> None:
    """No second decision is asked for; taken back, it waits again."""
    activate()
    offer(1)
    outcome = decide("anna", [Shown("L1", 1)])
    alert = Alert.objects.get()
    assert (alert.purpose, alert.state) == (Purpose.TOP_K, AlertState.DECIDED)
    assert queue.next_alert(moderator("ben")) is None
    undo("anna", outcome.group)
    assert taken() == ["hide -> hide", "un hide -> none"]
    assert queue.next_alert(moderator("ben")) == alert
    held = decide("anna", [Shown("L1", 1)], key="press 2")
    assert refused(held) == {"L1": "held"}
    judge("ben")
    assert refused(decide("anna", [Shown("L1", 1)], key="press 3")) == {"L1": "decided"}


@pytest.mark.parametrize("purpose", [Purpose.EXPLORATION, Purpose.TRIAL])
def test_a_sample_keeps_its_items(activate: Activate, purpose: Purpose) -> None:
    """Who searches does not choose what of it is judged, nor is told that it is there."""
    activate()
    offer(1)
    Alert.objects.update(purpose=purpose, probability=0.5)
    decide("anna", [Shown("L1", 1)])
    sampled, searched = Alert.objects.order_by("pk")
    assert (sampled.state, searched.purpose) == (AlertState.OPEN, Purpose.SEARCH)
    assert queue.next_alert(moderator("ben")) == sampled
    alone = decide("carol", [Shown("L1", 1)], key="carol's")
    assert refused(alone) == {}, "that it was decided is kept from who judges alone"
    lead = decide("lea", [Shown("L1", 1)], key="lea's", role="lead")
    assert refused(lead) == {"L1": "decided"}


def test_an_escalated_item_is_a_leads(activate: Activate) -> None:
    activate()
    offer(1)
    Alert.objects.update(state=AlertState.ESCALATED)
    assert refused(decide("anna", [Shown("L1", 1)])) == {"L1": "escalated"}
    assert not decide("lea", [Shown("L1", 1)], role="lead").refused


def test_a_violation_to_be_confirmed(activate: Activate) -> None:
    activate(head="confirm_positives = true")
    moderator("ben")
    outcome = decide("anna", unlisted(1))
    assert taken() == ["proposed hide -> none"]
    second = Alert.objects.get(purpose=Purpose.SECOND)
    assert queue.next_alert(moderator("anna")) is None
    assert queue.next_alert(moderator("ben")) == second
    queue.decide(second, moderator("ben"), queue.Judgement("violates", "blade"), 1.0)
    assert taken()[-1] == "hide -> hide"
    undo("anna", outcome.group)
    assert taken()[-2:] == ["un hide -> none", "proposed hide -> none"], "ben's word stands"


def test_one_of_a_group_is_taken_back(activate: Activate) -> None:
    activate()
    outcome = decide("anna", unlisted(1, 2, 3))
    assert outcome.group is not None
    middle = outcome.group.decisions.order_by("pk")[1]
    undo("anna", outcome.group, middle.pk)
    assert [label.version for label in labels("weapons")] == [
        d.alert.listing_version_id for d in outcome.group.decisions.exclude(pk=middle.pk)
    ]
    assert len(undo("anna", outcome.group)) == 2
    with pytest.raises(InvalidInputError, match="none of yours"):
        undo("ben", outcome.group)


def test_a_topic_that_came_later(activate: Activate) -> None:
    """Old listings are decided under the policy in force, which was not when they were scored."""
    activate()
    shown = unlisted(1)
    version = activate("", topic="drugs", word="weed")
    outcome = decide("anna", shown, topic="drugs", clause="")
    (decision,) = Decision.objects.all()
    assert decision.generation.number == version
    assert decision.alert.score == 0
    undo("anna", outcome.group)
    assert [d.verdict for d in Decision.objects.order_by("pk")] == [
        Verdict.VIOLATES,
        Verdict.UNDONE,
    ]


def test_strikes_of_one_press_add_up(activate: Activate) -> None:
    """As they do one after the other: the second of them restricts the seller, once."""
    activate(CLAUSES + STRIKES)
    outcome = decide("anna", [*unlisted(1, 2, 3), *unlisted(7, seller="other")])
    now = clock.database_now()
    assert [strikes.total_of(seller, now) for seller in ("s", "other")] == [6, 2]
    restricting = [t for n in (1, 2, 3, 7) for t in taken(f"L{n}") if "restrict" in t]
    assert restricting == ["restrict -> restrict"]
    assert [outcome_of(f"L{n}").seller_restricted for n in (1, 7)] == [True, False]
    undo("anna", outcome.group)
    assert [strikes.total_of(seller, now) for seller in ("s", "other")] == [0, 0]
    assert outcome_of("L1").seller_restricted is False
    seal()
    assert not verify().problems


def test_bad_requests_name_field_and_remedy(activate: Activate) -> None:
    activate()
    shown = unlisted(1)
    many = [Shown(f"L{number}", 1) for number in range(MOST_LISTINGS + 1)]
    for asked, field in (
        ({"clause": "forgery"}, "clause"),
        ({"clause": ""}, "clause"),
        ({"verdict": "cannot_tell"}, "verdict"),
        ({"topic": "chess"}, "topic"),
        ({"key": " "}, "key"),
        ({"policy_version": 9}, "policy_version"),
        ({"note": "x" * 1_001}, "note"),
        ({"listings": many}, "listings"),
        ({"listings": []}, "listings"),
        ({"listings": shown * 2}, "listings"),
    ):
        with pytest.raises(InvalidInputError) as error:
            decide("anna", **{"listings": shown, **asked})  # type: ignore[arg-type]
        assert [problem.field for problem in error.value.problems] == [field], asked
    assert not Decision.objects.exists()


def test_who_does_not_review_the_topic(activate: Activate) -> None:
    activate()
    with pytest.raises(ForbiddenError, match="topic"):
        decide("otto", unlisted(1), role="auditor")


def test_a_hundred_at_once(activate: Activate) -> None:
    """Queries do not grow with the listings: a hundred take hardly more than one."""
    activate(CLAUSES + STRIKES)
    moderator("anna")
    counts, undone = [], []
    for first, many in ((0, 1), (100, 100)):
        shown = []
        for seller in range(min(many, 20)):
            numbers = range(first + seller, first + many, min(many, 20))
            shown += unlisted(*numbers, seller=f"s{seller} {first}")
        with CaptureQueriesContext(connection) as asked:
            outcome = decide("anna", shown, key=f"press {first}", note="all alike")
        counts.append(len(asked))
        assert outcome.group is not None
        assert outcome.group.decisions.count() == many
        with CaptureQueriesContext(connection) as asked:
            assert len(undo("anna", outcome.group)) == many
        undone.append(len(asked))
    assert counts[1] <= counts[0] + 9, counts  # SQLite takes large inserts in parts
    assert undone[1] <= undone[0] + 8, undone
    assert max(counts) <= 60, counts
    assert max(undone) <= 45, undone


def test_what_was_recorded_stays(activate: Activate) -> None:
    activate()
    decide("anna", unlisted(1))
    for table, column in (("review_decisiongroup", "topic"), ("review_decision", "verdict")):
        for statement in (f"UPDATE {table} SET {column} = 'other'", f"DELETE FROM {table}"):
            with (
                pytest.raises(DatabaseError, match="append-only"),
                transaction.atomic(),
                connection.cursor() as cursor,
            ):
                cursor.execute(statement)


def test_a_policy_that_changed_refuses_the_press(activate: Activate) -> None:
    activate()
    shown = unlisted(1)
    activate(CLAUSES.replace("Blades", "Blades and points"))
    with pytest.raises(InvalidInputError, match="policy_version: is 1; 2 is in force by now"):
        decide("anna", shown, policy_version=1)
    decide("anna", shown, policy_version=2)
    assert Decision.objects.get().policy_version == 2


def test_a_settled_listing_is_acted_on_by_the_policy_in_force(activate: Activate) -> None:
    """What was hidden until somebody looked is shown again, and the newer policy is applied."""
    activate(f"{CLAUSES}hide_until_reviewed = 0.1\n")
    offer(1)
    assert taken() == ["hide -> hide"]
    activate(CLAUSES.replace('high = "hide"', 'high = "delete"'))
    outcome = decide("anna", [Shown("L1", 1)])
    assert taken()[-1].startswith("delete for "), "in place of what hid it"
    undo("anna", outcome.group)
    assert taken()[-1] == "un delete -> none"
    decide("anna", [Shown("L1", 1)], "does_not_violate", key="press 2")
    assert outcome_of("L1").action == "none"


def test_an_erased_listing_keeps_no_note(activate: Activate) -> None:
    activate()
    decide("anna", unlisted(1, seller="gone"), note="the seller's name is ...")
    erase_seller("gone", TESTS, "asked for")
    assert Note.objects.get().text == ""
    assert refused(decide("ben", [Shown("L1", 1)])) == {"L1": "erased"}
    undo("anna", DecisionGroup.objects.get())
    seal()
    assert not verify().problems
