"""Second judgements and golden items, through the queue as moderators use it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import DatabaseError, transaction
from django.test import override_settings
from django.utils import timezone
from tests.acting import EVE, TESTS
from tests.service.audit.world import problems, recorded
from tests.service.conftest import listing
from tests.service.working import work

from mimawari.errors import InvalidInputError
from mimawari.service.admission.models import Alert, AlertState, Purpose
from mimawari.service.intake import log
from mimawari.service.releases.activating import activate_topic_file
from mimawari.service.review import golden, labels, queue
from mimawari.service.review.models import GoldenItem, Verdict
from mimawari.service.trials.blind_topics import blind_topics

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("generation")]
YES, NO = Verdict.VIOLATES, Verdict.DOES_NOT_VIOLATE


def shares(**values: float) -> Any:
    return override_settings(CONFIG=msgspec.structs.replace(settings.CONFIG, **values))


@pytest.fixture
def people() -> list[User]:
    return [User.objects.create_user(name) for name in ("anna", "ben")]


def arrive(n: int, first: int = 0) -> None:
    log.append([listing(i, "a pistol") for i in range(first, first + n)])
    work()


def judge(person: User, verdict: str = YES, topics: list[str] | None = None) -> Alert:
    alert = queue.next_alert(person, topics)
    assert alert is not None
    queue.decide(alert, person, verdict, 5.0)
    alert.refresh_from_db()
    return alert


def seconds() -> list[Alert]:
    return list(Alert.objects.filter(purpose=Purpose.SECOND))


def confirming(topic_file: Callable[..., Path]) -> None:
    path = topic_file()
    path.write_text("confirm_positives = true\n" + path.read_text("utf-8"), "utf-8")
    activate_topic_file(path, TESTS, "rare")


def test_half_of_the_decisions_are_judged_again_by_another(people: list[User]) -> None:
    anna, ben = people
    with shares(second_share=0.5):
        for day in range(20):
            Alert.objects.update(day=timezone.now().date() - timedelta(days=day + 2))
            arrive(3, 10 * day)
            for _ in range(3):
                judge(anna, NO)
    again = seconds()
    assert 15 < len(again) < 45
    assert {one.not_for_id for one in again} == {anna.pk}
    assert queue.next_alert(anna) is None
    judged = judge(ben, NO)
    assert judged.purpose == Purpose.SECOND
    assert len(seconds()) == len(again), "a second judgement is not judged again"


def test_without_another_moderator_nobody_is_asked_again() -> None:
    with shares(second_share=0.5):
        arrive(3)
        for _ in range(3):
            judge(User.objects.get_or_create(username="anna")[0])
    assert seconds() == []


def test_positives_are_confirmed_where_the_topic_says(
    people: list[User], topic_file: Callable[..., Path]
) -> None:
    confirming(topic_file)
    anna, ben = people
    arrive(3)
    judge(anna, NO)
    assert seconds() == []
    first = judge(anna, YES)
    (second,) = seconds()
    assert second.listing_version == first.listing_version
    assert "weapons" in blind_topics()
    assert [one.value for one in labels.labels("weapons")] == [0]
    while judge(ben, YES).purpose != Purpose.SECOND:
        pass
    assert 1 in [one.value for one in labels.labels("weapons")]


def test_an_undone_positive_is_not_confirmed(
    people: list[User], topic_file: Callable[..., Path]
) -> None:
    confirming(topic_file)
    arrive(1)
    judge(people[0], YES)
    queue.undo(people[0])
    assert [one.state for one in seconds()] == [AlertState.SUPERSEDED]
    judge(people[0], YES)
    assert [one.state for one in seconds()] == [AlertState.OPEN]


def test_seconds_count_against_the_capacity(
    people: list[User], topic_file: Callable[..., Path]
) -> None:
    confirming(topic_file)
    arrive(3)
    today = timezone.now().date()
    for _ in range(3):
        judge(people[0], YES)
    days = sorted(one.day for one in seconds())
    # After the third decision the day is spent; what had room before it counts today.
    assert days[-1] == today + timedelta(days=1)
    assert Alert.objects.filter(day=today, state__in=("open", "decided")).count() <= 3 + 2


def make_golden(n: int, expected: str = YES) -> None:
    log.append([listing(i, "a pistol") for i in range(900, 900 + n)])
    work()
    for i in range(900, 900 + n):
        golden.add(f"L{i}", "weapons", expected, EVE, "clear case")
    Alert.objects.all().delete()


def test_golden_items_come_among_the_others_and_are_no_labels(people: list[User]) -> None:
    make_golden(2)
    arrive(3)
    with shares(golden_share=0.5):
        told = []
        while (alert := queue.next_alert(people[0])) is not None:
            assert "golden" not in str(alert)
            told.append(alert.purpose)
            queue.decide(alert, people[0], YES, 3.0)
    assert told.count(Purpose.TOP_K) == 3
    assert told.count(Purpose.GOLDEN) <= 2
    assert len(list(labels.labels("weapons"))) == 3


def test_each_moderator_gets_a_golden_item_once(people: list[User]) -> None:
    make_golden(1)
    arrive(3)
    alert = Alert.objects.filter(state=AlertState.OPEN).first()
    assert alert is not None
    with shares(golden_share=0.5):
        found: dict[str, list[Alert]] = {"anna": [], "ben": []}
        for turn in range(60):
            alert.pk = 10_000 + turn  # another turn of the queue
            for person in people:
                given = golden.instead_of(alert, person)
                if given is not None:
                    queue._lease(given, person, timezone.now())
                    queue.decide(given, person, NO, 1.0)
                    found[person.username].append(given)
    assert [len(one) for one in found.values()] == [1, 1]
    assert blind_topics() == frozenset()


def test_a_golden_item_is_only_for_its_moderator_and_skipping_ends_it(people: list[User]) -> None:
    anna, ben = people
    make_golden(1)
    given = golden._open(golden.items_in_use()[0])
    queue._lease(given, anna, timezone.now())
    assert queue.next_alert(anna) == given
    Alert.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert queue.next_alert(ben) is None
    queue.release(given, anna)
    given.refresh_from_db()
    assert given.state == AlertState.EXPIRED
    assert queue.next_alert(anna) is None


def test_retired_and_changed_items(people: list[User]) -> None:
    make_golden(2)
    first, second = golden.items_in_use("weapons")
    golden.retire(first.pk, EVE, "policy changed")
    golden.add("L901", "weapons", NO, EVE, "policy changed")
    assert [(one.listing_version.listing_id, one.expected) for one in golden.items_in_use()] == [
        ("L901", NO)
    ]
    with pytest.raises(InvalidInputError, match="no golden item"):
        golden.retire(second.pk, EVE, "again")
    assert len(recorded("golden_item")) == 4
    assert not [one for one in problems() if not one.startswith("auth.User")]


def test_golden_items_are_append_only() -> None:
    make_golden(1)
    with pytest.raises(DatabaseError), transaction.atomic():
        GoldenItem.objects.update(expected=NO)


def test_wrong_golden_items_are_told_all_at_once() -> None:
    arrive(1)
    with pytest.raises(InvalidInputError) as told:
        golden.add("nobody", "weapons", "perhaps", EVE, "why")
    assert [one.field for one in told.value.problems] == ["listing", "verdict"]
    with pytest.raises(InvalidInputError, match="was not in force"):
        golden.add("L0", "tickets", YES, EVE, "why")
