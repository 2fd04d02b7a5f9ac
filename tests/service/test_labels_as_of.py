"""Labels as of a time, from the store: what was undone or confirmed later was not known then."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np
import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import override_settings
from django.utils import timezone
from tests.acting import TESTS
from tests.service.conftest import listing
from tests.service.working import work

from mimawari.datasets.rows import in_order
from mimawari.service.admission.models import Alert, Purpose
from mimawari.service.data_sets.judged import labelled_versions
from mimawari.service.intake import log
from mimawari.service.platform import clock as database_clock
from mimawari.service.releases.activating import activate_topic_file
from mimawari.service.review import labels, queue
from mimawari.service.review.cases import cases
from mimawari.service.review.models import Decision, Verdict
from mimawari.service.trials.labels import known_labels

pytestmark = pytest.mark.django_db(transaction=True)
START = datetime(2026, 3, 2, 12, tzinfo=UTC)
CLEAR = (Verdict.VIOLATES, Verdict.DOES_NOT_VIOLATE)


class Clock:
    """The time as the service sees it."""

    def __init__(self) -> None:
        self.now = START

    def go(self) -> datetime:
        """Let an hour pass."""
        self.now += timedelta(hours=1)
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    """Give the clock of the service."""
    clock = Clock()
    monkeypatch.setattr(timezone, "now", lambda: clock.now)
    monkeypatch.setattr(database_clock, "database_now", lambda: clock.now)
    with override_settings(CONFIG=msgspec.structs.replace(settings.CONFIG, lease_seconds=60)):
        yield clock


@pytest.fixture
def confirming(db: None, clock: Clock, topic_file: Callable[..., Path]) -> Callable[..., None]:
    """Give a function that puts in force a policy that has violations confirmed, or not."""

    def activate(confirm: bool = True) -> None:
        path = topic_file(capacity=40)
        line = "confirm_positives = true\n" if confirm else ""
        path.write_text(line + path.read_text("utf-8"), "utf-8")
        activate_topic_file(path, TESTS, "why")

    activate(False)
    return activate


Known = dict[str, tuple[int, float]]


def known(until: datetime | None = None) -> Known:
    """Give what labels say by listing."""
    rows = labels.labelled("weapons", until)
    return {row.listing.id: (row.label.value, row.label.probability) for row in rows}


def everywhere(until: datetime | None = None) -> dict[str, object]:
    """Give what every reader of labels knows."""
    versions = list(Alert.objects.values_list("listing_version_id", flat=True))
    return {
        "labels": known(until),
        "export": [(one.id, values, weights) for one, values, weights in labels.export(until)],
        "training": [(one.id, *rest) for one, *rest in labels.labelled_listings("weapons", until)],
        "trials": known_labels("weapons", versions, until),
        "data set": in_order(labelled_versions(["weapons"], until or timezone.now())),
        "quality": [
            (case.version, case.votes, case.label)
            for case in cases("weapons", START - timedelta(days=1), until)
        ],
    }


def test_every_reader_sees_later_what_was_known_then(
    confirming: Callable[..., None], clock: Clock
) -> None:
    """Live through decisions, undo and second judgements, noting what is known; then rewind."""
    confirming()
    people = [User.objects.create_user(name) for name in ("anna", "ben", "eve")]
    random = np.random.default_rng(4)
    log.append([listing(i, "a pistol") for i in range(12)])
    work()
    Alert.objects.filter(pk__in=Alert.objects.values("pk")[:4]).update(
        purpose=Purpose.EXPLORATION, probability=0.5
    )
    kinds = {"decide": 0, "undo": 0}
    noted: list[tuple[datetime, dict[str, object]]] = []
    for _ in range(60):
        clock.go()
        person = people[int(random.integers(3))]
        if random.random() < 0.25:
            kinds["undo"] += queue.undo(person) is not None
        elif (alert := queue.next_alert(person)) is not None:
            queue.decide(alert, person, CLEAR[int(random.random() < 0.3)], 1.0)
            kinds["decide"] += 1
        noted.append((clock.now, everywhere()))
    assert min(kinds.values()) > 5
    assert Alert.objects.filter(purpose=Purpose.SECOND).exclude(decisions=None).exists()
    assert len({repr(then) for _, then in noted}) > 20, "what is known changed over time"
    for at, then in noted:
        assert everywhere(at) == then


def test_a_decision_undone_later_was_a_label_then(
    confirming: Callable[..., None], clock: Clock
) -> None:
    anna = User.objects.create_user("anna")
    log.append([listing(1, "a pistol")])
    work()
    alert = queue.next_alert(anna)
    assert alert is not None
    queue.decide(alert, anna, Verdict.VIOLATES, 1.0)
    then, _ = clock.now, clock.go()
    queue.undo(anna)
    assert known() == {}
    assert known(then) == {"L1": (1, 1.0)}
    assert known(then - timedelta(minutes=1)) == {}


def test_the_policy_is_the_one_then_in_force(confirming: Callable[..., None], clock: Clock) -> None:
    anna = User.objects.create_user("anna")
    log.append([listing(1, "a pistol")])
    work()
    alert = queue.next_alert(anna)
    assert alert is not None
    queue.decide(alert, anna, Verdict.VIOLATES, 1.0)
    before, _ = clock.now, clock.go()
    confirming()
    strict, _ = clock.now, clock.go()
    confirming(False)
    assert known(before) == {"L1": (1, 1.0)}
    assert known(strict) == {}
    assert known() == {"L1": (1, 1.0)}


def test_a_label_was_as_mature_then_as_it_was(
    confirming: Callable[..., None], clock: Clock
) -> None:
    anna = User.objects.create_user("anna")
    log.append([listing(1, "a pistol")])
    work()
    alert = queue.next_alert(anna)
    assert alert is not None
    queue.decide(alert, anna, Verdict.VIOLATES, 1.0)
    decided = clock.now
    clock.go()
    clock.go()
    slow = msgspec.structs.replace(settings.CONFIG, label_maturity_seconds=3_600)
    with override_settings(CONFIG=slow):
        assert known() == {"L1": (1, 1.0)}
        assert known(decided + timedelta(minutes=59)) == {}
        assert known(decided + timedelta(minutes=60)) == {"L1": (1, 1.0)}
    assert Decision.objects.count() == 1
