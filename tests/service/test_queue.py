"""The review queue: one moderator an alert, whatever races."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone
from tests.service.conftest import listing
from tests.service.working import work

from mimawari.errors import InvalidInputError
from mimawari.service.admission.models import Alert, AlertState
from mimawari.service.intake import log
from mimawari.service.review import queue
from mimawari.service.review.models import Decision, Verdict

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def alerts(generation: int) -> None:
    """Open three alerts for weapons and two for drugs."""
    log.append([listing(i, "a pistol") for i in range(3)])
    log.append([listing(i, "a weed") for i in range(3, 5)])
    work()
    assert Alert.objects.filter(state=AlertState.OPEN).count() == 5


def moderators(count: int) -> list[User]:
    return [User.objects.create_user(f"m{i}") for i in range(count)]


def end_leases() -> None:
    Alert.objects.exclude(leased_until=None).update(
        leased_until=timezone.now() - timedelta(seconds=1)
    )


def test_two_moderators_get_different_alerts() -> None:
    one, two = moderators(2)
    first, second = queue.next_alert(one), queue.next_alert(two)
    assert first is not None
    assert second is not None
    assert first != second
    assert queue.next_alert(one) == first


def test_topics_narrow_the_queue() -> None:
    (one,) = moderators(1)
    alert = queue.next_alert(one, ["drugs"])
    assert alert is not None
    assert alert.topic == "drugs"
    assert queue.next_alert(one, []) is None


def test_the_text_before_an_edit_is_given_to_nobody() -> None:
    """Not even before an admitter has closed its alert."""
    (one,) = moderators(1)
    log.append([listing(i, "a cup", version=2) for i in range(3)])
    assert Alert.objects.filter(state=AlertState.OPEN).count() == 5
    alert = queue.next_alert(one)
    assert alert is not None
    assert alert.topic == "drugs"


def test_an_expired_lease_frees_the_alert() -> None:
    one, two = moderators(2)
    first = queue.next_alert(one)
    assert first is not None
    end_leases()
    assert queue.next_alert(two) == first
    with pytest.raises(InvalidInputError, match="another moderator"):
        queue.decide(first, one, Verdict.VIOLATES, 1.0)
    queue.decide(first, two, Verdict.VIOLATES, 1.0)
    assert Decision.objects.get().moderator == two


def test_an_expired_lease_nobody_took_may_still_be_decided() -> None:
    (one,) = moderators(1)
    first = queue.next_alert(one)
    assert first is not None
    end_leases()
    queue.decide(first, one, Verdict.VIOLATES, 200.0)
    assert Decision.objects.count() == 1


@pytest.mark.parametrize("verdict", ["", "undone", "maybe", "x" * 1000])
def test_unknown_verdicts(verdict: str) -> None:
    (one,) = moderators(1)
    first = queue.next_alert(one)
    assert first is not None
    with pytest.raises(InvalidInputError, match="verdict"):
        queue.decide(first, one, verdict, 1.0)


def test_a_closed_alert_is_decided_once() -> None:
    (one,) = moderators(1)
    first = queue.next_alert(one)
    assert first is not None
    queue.decide(first, one, Verdict.VIOLATES, 1.0)
    with pytest.raises(InvalidInputError, match="closed"):
        queue.decide(first, one, Verdict.VIOLATES, 1.0)
    assert queue.next_alert(one) != first


def test_nothing_to_undo() -> None:
    (one,) = moderators(1)
    assert queue.undo(one) is None


def test_undo_leases_again_and_may_be_repeated() -> None:
    one, two = moderators(2)
    first = queue.next_alert(one)
    assert first is not None
    queue.decide(first, one, Verdict.VIOLATES, 1.0)
    assert queue.undo(two) is None
    assert queue.undo(one) == first
    assert queue.undo(one) is None
    assert queue.next_alert(one) == first
    queue.decide(first, one, Verdict.CANNOT_TELL, 1.0)
    verdicts = list(Decision.objects.order_by("id").values_list("verdict", flat=True))
    assert verdicts == ["violates", "undone", "cannot_tell"]


def test_racing_moderators_decide_every_alert_once() -> None:
    names = moderators(4)
    ready = threading.Barrier(4)
    failures: list[BaseException] = []

    def review(moderator: User) -> None:
        try:
            ready.wait(10)
            while (alert := queue.next_alert(moderator)) is not None:
                queue.decide(alert, moderator, Verdict.VIOLATES, 1.0)
        except BaseException as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=review, args=(one,)) for one in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    decided = list(Decision.objects.values_list("alert_id", flat=True))
    assert len(decided) == len(set(decided)) == 5


def test_the_worker_leaves_held_alerts_alone() -> None:
    (one,) = moderators(1)
    held = queue.next_alert(one, ["weapons"])
    log.append([listing(i, "a pistol pistol") for i in range(10, 30)])
    work()
    held.refresh_from_db()
    assert held.state == AlertState.OPEN
    assert Alert.objects.filter(topic="weapons", state=AlertState.OPEN).count() == 3
