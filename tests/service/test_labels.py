"""Labels: only what a moderator said, matured, and not taken back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import override_settings
from django.utils import timezone
from tests.acting import TESTS
from tests.service.conftest import listing
from tests.service.working import work

from mimawari.service.admission.models import Alert, Purpose
from mimawari.service.intake import log
from mimawari.service.releases.activating import activate_topic_file
from mimawari.service.review import labels, queue
from mimawari.service.review.models import Decision, Verdict

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
    work()
    return Desk(User.objects.create_user("m"))


def known(topic: str = "weapons") -> dict[str, int | None]:
    return {one.id: label for one, label, _ in labels.labelled_listings(topic)}


def test_what_nobody_reviewed_has_no_label(desk: Desk) -> None:
    assert known() == {}
    (first,) = desk.decide(Verdict.VIOLATES)
    assert known() == {first.listing_version.listing_id: 1}
    assert known("drugs") == {}
    ((_, by_topic, _),) = labels.export()
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
    work()
    desk.decide(Verdict.DOES_NOT_VIOLATE)
    told = {one.id: by_topic for one, by_topic, _ in labels.export()}
    assert told["L9"] == {"drugs": 0}
    assert len(told) == 4


def also(alert: Alert, name: str, verdict: str) -> None:
    """Let another moderator say something of the same alert."""
    Decision.objects.create(
        alert=alert,
        moderator=User.objects.create_user(name),
        verdict=verdict,
        policy_version=1,
        generation=alert.listing_version.score.generation,
        decided_at=timezone.now(),
        seconds=1.0,
    )


def test_the_majority_counts_and_a_tie_is_unknown(desk: Desk) -> None:
    (first,) = desk.decide(Verdict.VIOLATES)
    also(first, "n", Verdict.DOES_NOT_VIOLATE)
    assert known() == {}
    assert list(labels.export()) == []
    also(first, "o", Verdict.DOES_NOT_VIOLATE)
    assert known() == {first.listing_version.listing_id: 0}
    ((_, by_topic, weights),) = labels.export()
    assert (by_topic, weights) == ({"weapons": 0}, {"weapons": 1.0})


def test_golden_items_give_no_label(desk: Desk) -> None:
    Alert.objects.update(purpose=Purpose.GOLDEN, leased_by=desk.moderator)
    desk.decide(Verdict.VIOLATES)
    assert known() == {}


def test_positives_wait_for_confirmation_where_the_topic_asks(
    desk: Desk, topic_file: Callable[..., Path]
) -> None:
    path = topic_file()
    path.write_text("confirm_positives = true\n" + path.read_text("utf-8"), "utf-8")
    activate_topic_file(path, TESTS, "rare")
    first, second = desk.decide(Verdict.VIOLATES, Verdict.DOES_NOT_VIOLATE)
    assert known() == {second.listing_version.listing_id: 0}
    also(first, "n", Verdict.VIOLATES)
    assert known()[first.listing_version.listing_id] == 1


def test_what_only_chance_chose_weighs_by_its_probability(desk: Desk) -> None:
    Alert.objects.update(purpose=Purpose.EXPLORATION, probability=0.01)
    (first,) = desk.decide(Verdict.VIOLATES)
    ((one, label, probability),) = labels.labelled_listings("weapons")
    assert (one.id, label, probability) == (first.listing_version.listing_id, 1, 0.01)
    ((_, _, weights),) = labels.export()
    assert weights == {"weapons": pytest.approx(100)}
    # On the list too, whether chance chose it or not: it would have been reviewed anyway.
    Alert.objects.update(purpose=Purpose.TOP_K)
    assert [p for *_, p in labels.labelled_listings("weapons")] == [1.0]
