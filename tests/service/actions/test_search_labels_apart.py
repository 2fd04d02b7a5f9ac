"""What somebody decided who had searched for it teaches models, and measures nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

import pytest
from tests.service.actions.conftest import Activate, judge, moderator, offer
from tests.service.actions.searched import decide, unlisted

from mimawari.errors import InvalidInputError
from mimawari.service.admission.lists import held
from mimawari.service.admission.models import Alert, Purpose
from mimawari.service.admission.priorities import spent
from mimawari.service.console.topics_page import topics_today
from mimawari.service.monitoring.overview import overview
from mimawari.service.monitoring.quality import quality
from mimawari.service.platform import clock
from mimawari.service.review import queue
from mimawari.service.review.cases import cases, since
from mimawari.service.review.group_request import Shown
from mimawari.service.review.judgements import by_case
from mimawari.service.review.labels import labelled_listings, labels
from mimawari.service.review.models import Decision
from mimawari.service.trials import capacity, refusals
from mimawari.service.trials.labels import Book, _enter, known_labels
from mimawari.service.trials.one_sided import one_sided_moderators, people
from mimawari.service.trials.trials import _rare

pytestmark = pytest.mark.django_db(transaction=True)
MANY = range(100, 130)


CONSUMERS: dict[str, Callable[[], object]] = {
    "cases, of which precision, calibration, worth and agreement are made": lambda: cases(
        "weapons", since(1)
    ),
    "quality": lambda: repr(quality("weapons", 1)),
    "overview": lambda: overview(1).days,
    "topics": topics_today,
    "capacity of lists": lambda: Alert.objects.filter(held(clock.database_now())).count(),
    "capacity of second judgements": lambda: spent("weapons", clock.database_now().date()),
    "capacity of trials": lambda: capacity.room("weapons", clock.database_now()),
    "who decides these days": lambda: people("weapons", clock.database_now()),
    "whether violations are rare": lambda: _rare("weapons"),
    "labels that a back-test begins with": lambda: known_labels(
        "weapons", list(Alert.objects.values_list("listing_version", flat=True))
    ),
}


@pytest.mark.parametrize("name", CONSUMERS)
def test_a_figure_is_the_same_as_without(activate: Activate, name: str) -> None:
    activate()
    for number in range(4):
        offer(number)
    for verdict in ("violates", "does_not_violate"):
        judge("anna", verdict)
    violating, others = unlisted(*MANY), unlisted(*range(200, 205))
    before = CONSUMERS[name]()
    decide("sam", violating)
    decide("sam", others, "does_not_violate", key="press 2")
    assert Decision.objects.count() == 2 + len(MANY) + 5
    assert CONSUMERS[name]() == before


def test_models_learn_from_them(activate: Activate) -> None:
    activate()
    offer(1)
    judge("anna", "does_not_violate")
    decide("sam", unlisted(2))
    rows = [(listing.id, value, p) for listing, value, p in labelled_listings("weapons")]
    assert rows == [("L1", 0, 1.0), ("L2", 1, 1.0)]
    assert [label.searched for label in labels("weapons")] == [False, True]


def test_the_exploration_slice_waits_for_its_own_answer(activate: Activate) -> None:
    """What chance chose and nobody answered is unknown, whatever somebody found there."""
    activate()
    for number in range(4):
        offer(number)
    Alert.objects.update(purpose=Purpose.EXPLORATION, probability=0.5)
    judge("anna", "does_not_violate")
    left = [a.listing_version.listing_id for a in Alert.objects.filter(state="open")]
    decide("sam", [Shown(listing_id, 1) for listing_id in left])
    misses = quality("weapons", 1).misses
    assert (misses.explored, misses.answered, misses.violating) == (4, 1, 0)
    judge("anna", "does_not_violate")
    assert quality("weapons", 1).misses.answered == 2


def test_the_list_counts_what_it_brought_whoever_settled_it(activate: Activate) -> None:
    activate()
    offer(1)
    decide("sam", [Shown("L1", 1)])
    assert quality("weapons", 1).judged == 1
    (label,) = labels("weapons")
    assert label.searched is False


def test_a_confirmation_of_what_was_found_is_none_of_the_list_either(activate: Activate) -> None:
    activate(head="confirm_positives = true")
    moderator("ben")
    shown = unlisted(1)
    before = repr(quality("weapons", 1))
    decide("sam", shown)
    second = queue.next_alert(moderator("ben"))
    assert second is not None
    queue.decide(second, moderator("ben"), queue.Judgement("violates", "blade"), 1.0)
    assert [label.value for label in labels("weapons")] == [1]
    assert repr(quality("weapons", 1)) == before
    (day,) = overview(1).days
    assert (day.judged, day.violations, day.twice) == (0, 0, 0)
    assert day.alerts == 1, "the confirmation was asked for"


def test_a_trial_takes_no_label_from_a_search(activate: Activate) -> None:
    """Neither as an old label, nor does it take a moderator who searched for one-sided."""
    activate()
    begun = clock.database_now()
    shown = unlisted(*MANY)
    decide("sam", shown)
    decide("anna", unlisted(1, 2), "does_not_violate")
    book = Book()
    for case in by_case(Decision.objects.all()):
        _enter(book, case, set(), None)
    assert (book.old, book.reviews) == ({}, 0)
    trial = SimpleNamespace(topic="weapons", created_at=begun - timedelta(days=1))
    assert one_sided_moderators(trial) == set()  # type: ignore[arg-type]  # all that is read
    with pytest.raises(InvalidInputError, match="no violation among its labels"):
        refusals.no_violation_known("weapons")
    offer(3)
    judge("anna")
    refusals.no_violation_known("weapons")
