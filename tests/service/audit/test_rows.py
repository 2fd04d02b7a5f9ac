"""Rows against their events: decisions, releases and policies by hand, listings and scores too."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from tests.acting import TESTS
from tests.service.audit.world import ANNA, change, problems, recorded
from tests.service.conftest import listing
from tests.service.working import work_off
from tests.stores import unsealed

from mimawari.service.accounts import account_state, keys, roles
from mimawari.service.audit.erase import forget_rows
from mimawari.service.audit.models import Batch, Event
from mimawari.service.audit.sealing import seal
from mimawari.service.audit.verify import verify
from mimawari.service.intake import log
from mimawari.service.intake.event_kinds import LISTINGS
from mimawari.service.intake.models import ListingVersion
from mimawari.service.review import queue
from mimawari.service.review.models import Decision, Verdict
from mimawari.service.scoring.event_kinds import SCORES
from mimawari.service.scoring.models import Score

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def anna() -> User:
    return roles.add("anna", None, "moderator", TESTS)


@pytest.fixture
def decided(generation: int, anna: User) -> list[Decision]:
    """Two decisions and an undo, on scored listings of several batches."""
    log.append([listing(number, "a pistol") for number in range(1, 4)])
    log.append([listing(4, "a cup"), listing(5, "weed")])
    work_off(batch=2)
    for _ in range(2):
        alert = queue.next_alert(anna)
        assert alert is not None
        queue.decide(alert, anna, Verdict.VIOLATES, 1.5)
    queue.undo(anna)
    seal()
    return list(Decision.objects.order_by("pk"))


def test_all_of_it_fits(decided: list[Decision]) -> None:
    report = verify()
    assert report.problems == ()
    assert (report.waiting, report.rows) == (0, 10)
    kinds = [event["kind"] for event in recorded()]
    assert kinds[-3:] == ["decision", "decision", "undo"]
    assert {event["by"] for event in recorded()[-3:]} == {"anna"}
    assert Batch.objects.count() == 5  # two of listings, three of scores


@pytest.mark.parametrize(
    ("statement", "place"),
    [
        ("UPDATE review_decision SET verdict = 'does_not_violate' WHERE id = {0}", "Decision {0}"),
        ("UPDATE review_decision SET seconds = 9 WHERE id = {0}", "Decision {0}"),
        ("UPDATE admission_alert SET topic = 'drugs'", "Decision {0}"),
        ("DELETE FROM review_decision WHERE id = {2}", "Decision {2}"),
        ("UPDATE releases_generation SET reason = 'other'", "releases.Generation"),
        ("UPDATE releases_generation SET manifest = '{{}}'", "releases.Generation"),
        ("UPDATE catalogue_topicfileversion SET text = 'x' WHERE topic = 'drugs'", "drugs v1"),
        ("UPDATE auth_user SET is_active = false", "auth.User anna"),
        ("UPDATE intake_listingversion SET payload = '{{}}' WHERE listing_id = 'L4'", "batch"),
        ("UPDATE intake_listingversion SET seller_id = 'x' WHERE listing_id = 'L5'", "batch"),
        ("UPDATE scoring_score SET picture_text = 'x'", "batch"),
        ("UPDATE audit_batch SET secret = NULL", "batch"),
        ('UPDATE audit_batch SET "last" = 99', "batch"),
        ("DELETE FROM audit_batch", "batch"),
    ],
)
def test_a_change_by_hand_is_found(statement: str, place: str, decided: list[Decision]) -> None:
    ids = [decision.pk for decision in decided]
    with unsealed():
        change(statement.format(*ids))
    assert any(place.format(*ids) in problem for problem in problems()), problems()


def test_a_deleted_score_and_an_inserted_one_are_found(decided: list[Decision]) -> None:
    score = Score.objects.order_by("-pk").first()
    assert score is not None
    number = score.pk
    with unsealed():
        score.delete()
    assert problems() == [f"scoring.Score {number}: is gone, but its batch is there: deleted"]
    score.listing_version_id = number
    score.save(force_insert=True)
    assert problems() == []
    version = ListingVersion.objects.latest("pk")
    version.pk, version.version = None, 2
    version.save()
    assert problems() == [
        f"intake.ListingVersion {version.pk}: is in no batch: it was inserted past the service"
    ]


def test_an_inserted_decision_and_a_second_event_are_found(decided: list[Decision]) -> None:
    first = decided[0]
    event = Event.objects.get(kind="decision", subject=str(first.pk))
    first.pk = first.replaces_id = None
    first.save(force_insert=True)
    event.pk = event.sequence = None
    event.save(force_insert=True)
    assert [text.split(": ")[1] for text in problems()] == [
        f"tells of review.Decision {event.subject} a second time",
        "has no event",
    ]


def test_accounts_and_keys_follow_their_last_event(anna: User) -> None:
    key = keys.create("app", [keys.Scope.REVIEW], TESTS, "anna")
    roles.add("eve", None, "admin", TESTS)
    roles.change("anna", "ml_engineer", TESTS)
    account_state.disable("anna", TESTS, "left")
    account_state.enable("anna", TESTS, "is back")
    prefix = key.split("_")[1]
    assert problems() == []
    keys.revoke(prefix, TESTS)
    assert problems() == []
    change("UPDATE accounts_apikey SET revoked_at = NULL")
    assert problems() == [f"accounts.ApiKey {prefix}: is not as its event says: it was changed"]


def test_erased_rows_leave_their_commitments(decided: list[Decision]) -> None:
    """The content goes, with the secret that would let it be guessed; all else is compared."""
    version = ListingVersion.objects.get(listing_id="L2")
    secrets = set(Batch.objects.exclude(secret=None).values_list("event_id", flat=True))
    with transaction.atomic():
        for table in (LISTINGS, SCORES):
            forget_rows(table, [version.pk], ANNA, "asked by the seller")
        ListingVersion.objects.filter(pk=version.pk).update(payload="{}", seller_id="")
        Score.objects.filter(pk=version.pk).update(rule_hits=[], picture_text="")
    assert problems() == []
    left = set(Batch.objects.exclude(secret=None).values_list("event_id", flat=True))
    assert len(secrets - left) == 2
    change("UPDATE intake_listingversion SET seller_id = 'x' WHERE listing_id = 'L3'")
    (text,) = problems()
    assert text.endswith("is not as it was committed to: it was changed")


def test_a_row_that_was_marked_as_erased_by_hand_is_found(decided: list[Decision]) -> None:
    version = ListingVersion.objects.get(listing_id="L2")
    with transaction.atomic():
        forget_rows(LISTINGS, [version.pk], ANNA, "asked")
    with unsealed():
        change("DELETE FROM audit_event WHERE kind = 'erasure' AND sequence IS NULL")
    assert problems() == [
        f"intake.ListingVersion {version.pk}: was erased, but no erasure tells of it"
    ]


def test_a_topic_file_keeps_its_text(generation: int, topic_file: Callable[..., Path]) -> None:
    assert problems() == []
    details = recorded("topic_file")[0]["details"]
    assert details["text"] == details["sha256"]
