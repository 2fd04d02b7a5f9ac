"""Two at once: processes that decide at the same moment leave what one after the other would."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import pytest
from django.db import connection
from tests.service.actions.conftest import CLAUSES, STRIKES, Activate, moderator, offer

from mimawari.errors import InvalidInputError
from mimawari.records.action import ActionKind
from mimawari.service.actions.models import Action, StandingAction, Strike
from mimawari.service.actions.outcome import outcome_of
from mimawari.service.review import queue
from mimawari.service.review.models import Decision

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*calls: Callable[[], object]) -> list[BaseException]:
    """Run calls on connections of their own, begun at one moment; gives what they raised."""
    ready, raised = threading.Barrier(len(calls)), []

    def run(call: Callable[[], object]) -> None:
        try:
            ready.wait(10)
            call()
        except BaseException as error:
            raised.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def test_two_topics_of_one_listing(activate: Activate) -> None:
    """The last of the two events says what is to be done, whichever it is."""
    activate()
    activate('[actions]\nhigh = "delete"\nautomatic = ["high"]\n', "drugs", "weed")
    for number in range(6):
        offer(number, "a pistol with weed", seller=f"s{number}")
        one, two = moderator("anna"), moderator("ben")
        first, second = queue.next_alert(one, ["weapons"]), queue.next_alert(two, ["drugs"])
        raised = at_once(
            partial(queue.decide, first, one, queue.Judgement("violates", "blade"), 1.0),
            partial(queue.decide, second, two, queue.Judgement("violates"), 1.0),
        )
        assert raised == []
        rows = Action.objects.filter(listing_version__listing_id=f"L{number}")
        assert rows.latest("pk").standing == ActionKind.DELETE
        assert outcome_of(f"L{number}").action == ActionKind.DELETE


def test_two_listings_of_one_seller(activate: Activate) -> None:
    """Each strike counts: the later one reaches the threshold."""
    activate(CLAUSES + STRIKES)
    for turn in range(5):
        offer(2 * turn, seller=f"s{turn}")
        offer(2 * turn + 1, seller=f"s{turn}")
        one, two = moderator("anna"), moderator("ben")
        first, second = queue.next_alert(one), queue.next_alert(two)
        raised = at_once(
            partial(queue.decide, first, one, queue.Judgement("violates", "blade"), 1.0),
            partial(queue.decide, second, two, queue.Judgement("violates", "blade"), 1.0),
        )
        assert raised == []
        totals = Strike.objects.filter(listing_version__seller_id=f"s{turn}").order_by("pk")
        assert sorted(totals.values_list("total", flat=True)) == [2, 4]
        assert outcome_of(f"L{2 * turn}").seller_restricted


def test_one_press_sent_twice_at_once(activate: Activate) -> None:
    activate()
    offer()
    anna = moderator("anna")
    alert = queue.next_alert(anna)
    press = partial(queue.decide, alert, anna, queue.Judgement("violates", "blade"), 1.0)
    raised = at_once(press, press, press)
    assert len(raised) == 2
    assert all(isinstance(error, InvalidInputError) for error in raised)
    assert (Decision.objects.count(), Action.objects.count()) == (1, 1)
    assert StandingAction.objects.count() == 1
