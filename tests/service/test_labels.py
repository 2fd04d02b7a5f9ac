"""Labels: only what a moderator said, matured, and not taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import override_settings
from django.utils import timezone
from tests.service.conftest import listing

from mimawari.service.intake import log
from mimawari.service.review import labels, queue
from mimawari.service.review.models import Alert, Decision, Verdict
from mimawari.service.worker import Worker

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass
class Desk:
    moderator: Any

    def decide(self, *verdicts: str) -> list[Alert]:
        """Give verdicts on the next alerts."""
        taken = []
        for verdict in verdicts:
            alert = queue.next_alert(self.moderator)
            assert alert is not None
            queue.decide(alert, self.moderator, verdict, 1.0)
            taken.append(alert)
        return taken


@pytest.fixture
def desk(generation: int) -> Desk:
    log.append([listing(i, "a pistol") for i in range(3)])
    Worker().run_once()
    return Desk(User.objects.create_user("m"))


def known(topic: str = "weapons") -> dict[str, int | None]:
    return {one.id: label for one, label in labels.labelled_listings(topic)}


def test_what_nobody_reviewed_has_no_label(desk: Desk) -> None:
    assert known() == {}
    (first,) = desk.decide(Verdict.VIOLATES)
    assert known() == {first.listing_version.listing_id: 1}
    assert known("drugs") == {}
    ((_, by_topic),) = labels.export()
    assert by_topic == {"weapons": 1}


def test_cannot_tell_is_no_negative(desk: Desk) -> None:
    first, second = desk.decide(Verdict.CANNOT_TELL, Verdict.DOES_NOT_VIOLATE)
    assert known() == {second.listing_version.listing_id: 0}
    assert first.listing_version.listing_id not in known()


def test_what_was_undone_is_gone_and_the_last_verdict_wins(desk: Desk) -> None:
    (first,) = desk.decide(Verdict.VIOLATES)
    assert queue.undo(desk.moderator) == first
    assert known() == {}
    desk.decide(Verdict.DOES_NOT_VIOLATE)
    assert known() == {first.listing_version.listing_id: 0}
    assert Decision.objects.count() == 3


def test_a_label_waits_until_it_is_mature(desk: Desk) -> None:
    desk.decide(Verdict.VIOLATES)
    slow = msgspec.structs.replace(settings.CONFIG, label_maturity_seconds=3600)
    with override_settings(CONFIG=slow):
        assert known() == {}
        alert = queue.next_alert(desk.moderator)
        assert alert is not None
        generation = alert.listing_version.score.generation
        Decision.objects.create(
            alert=alert,
            moderator=desk.moderator,
            verdict=Verdict.VIOLATES,
            policy_version=1,
            generation=generation,
            decided_at=timezone.now() - timedelta(seconds=3601),
            seconds=1.0,
        )
        assert list(known().values()) == [1]
    assert list(known().values()) == [1, 1]


def test_a_listing_with_two_topics_is_exported_once(desk: Desk) -> None:
    desk.decide(Verdict.VIOLATES, Verdict.VIOLATES, Verdict.VIOLATES)
    log.append([listing(9, "a weed pistol")])
    Worker().run_once()
    desk.decide(Verdict.DOES_NOT_VIOLATE)
    told = {one.id: by_topic for one, by_topic in labels.export()}
    assert told["L9"] == {"drugs": 0}
    assert len(told) == 4


def test_two_moderators_disagree_and_both_count_to_the_last(desk: Desk) -> None:
    (first,) = desk.decide(Verdict.VIOLATES)
    other = User.objects.create_user("n")
    Decision.objects.create(
        alert=first,
        moderator=other,
        verdict=Verdict.DOES_NOT_VIOLATE,
        policy_version=1,
        generation=first.listing_version.score.generation,
        decided_at=timezone.now(),
        seconds=1.0,
    )
    assert known() == {first.listing_version.listing_id: 0}
    ((_, by_topic),) = labels.export()
    assert by_topic == {"weapons": 0}
