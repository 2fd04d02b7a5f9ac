"""What follows a decision takes a bounded number of queries, however much there is."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.service.actions.conftest import CLAUSES, STRIKES, Activate, judge, moderator, offer

from mimawari.listings.listing import Listing
from mimawari.service.actions.outcome import outcome_of
from mimawari.service.actions.reading import actions_of
from mimawari.service.admission.admitter import Admitter
from mimawari.service.intake import log
from mimawari.service.review import queue
from mimawari.service.scoring.scorer import Scorer

pytestmark = pytest.mark.django_db(transaction=True)


def cost(verdict: str = "violates", clause: str = "blade") -> int:
    anna = moderator("anna")
    alert = queue.next_alert(anna)
    assert alert is not None
    with CaptureQueriesContext(
        connection,
    ) as asked:
        queue.decide(alert, anna, queue.Judgement(verdict, clause), 1.0)
    return len(asked)


def test_a_decision_with_all_that_follows(activate: Activate) -> None:
    activate("")
    offer(0)
    plain = cost(clause="")
    activate(CLAUSES + STRIKES)
    counts = []
    for number in range(1, 9):
        offer(number)
        counts.append(cost())
    assert counts[2] == counts[-1], "more strikes and actions cost no more"
    assert max(counts) <= plain + 18, (plain, counts)  # the one that restricts the seller
    assert counts[-1] <= plain + 14, (plain, counts)


def test_one_that_changes_nothing(activate: Activate) -> None:
    activate(CLAUSES + STRIKES)
    offer(1)
    assert cost("does_not_violate", "") <= 17


def test_reading_them(activate: Activate) -> None:
    activate()
    for number in range(6):
        offer(number, seller=f"s{number}")
        judge("anna")
    with CaptureQueriesContext(connection) as asked:
        assert len(actions_of()) == 6
        assert outcome_of("L1") is not None
    assert len(asked) <= 5


def test_a_list_is_hidden_with_few(activate: Activate) -> None:
    """However many are hidden at once."""
    activate(f"{CLAUSES}hide_until_reviewed = 0.1\n")
    costs = []
    for first, many in ((0, 2), (10, 10)):
        ids = [f"L{number}" for number in range(first, first + many)]
        log.append([Listing(id=i, version=1, seller_id=i, title="a pistol") for i in ids])
        Scorer(100).score_batch()
        with CaptureQueriesContext(connection) as asked:
            Admitter().turn()
        costs.append(len(asked))
        assert len(actions_of()) == first + many - (8 if first else 0)
    assert costs[1] <= costs[0] + 1
