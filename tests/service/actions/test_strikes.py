"""Strikes add up over listings and topics, expire, and restrict a seller."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from tests.service.actions.conftest import (
    CLAUSES,
    STRIKES,
    Activate,
    judge,
    moderator,
    offer,
    taken,
)
from tests.stores import unsealed

from mimawari.service.actions import strikes
from mimawari.service.actions.models import Action, Strike
from mimawari.service.actions.outcome import outcome_of
from mimawari.service.platform import clock
from mimawari.service.review import queue

pytestmark = pytest.mark.django_db(transaction=True)
PROPOSING = "[strikes]\nhigh = 2\nrestrict_at = 2\n"
WARNS = CLAUSES.replace('high = "hide"', 'high = "warn"')


def total(seller: str = "s") -> int:
    return strikes.total_of(seller, clock.database_now())


def restricted(listing: str = "L1") -> bool:
    outcome = outcome_of(listing)
    assert outcome is not None
    return outcome.seller_restricted


def test_enough_strikes_restrict_and_an_undo_lifts_it(activate: Activate) -> None:
    activate(WARNS + STRIKES)
    for number in (1, 2):
        offer(number)
    judge("anna")
    assert (total(), restricted()) == (2, False)
    judge("anna")
    assert (total(), restricted()) == (4, True)
    restriction = Action.objects.get(kind="restrict")
    assert (restriction.threshold, restriction.origin) == (4, "automatic")
    queue.undo(moderator("anna"))
    assert (total(), restricted()) == (2, False)
    assert Action.objects.get(reverses=restriction).standing == "none"
    judge("anna")
    assert (total(), restricted()) == (4, True)


def test_they_add_up_over_topics(activate: Activate) -> None:
    activate(WARNS + STRIKES)
    activate("[strikes]\nhigh = 3\nrestrict_at = 100\n", "drugs", "weed")
    offer(1, "a weed")
    offer(2)
    judge("anna", clause="", topic="drugs")
    judge("anna")
    assert (total(), restricted()) == (5, True)


def test_the_strike_whose_undo_lifts_may_be_another_listings(activate: Activate) -> None:
    activate(WARNS + STRIKES)
    offer(1)
    first = judge("anna").listing_version.listing_id
    offer(2)
    second = judge("ben").listing_version.listing_id
    assert {first, second} == {"L1", "L2"}
    assert restricted()
    queue.undo(moderator("anna"))
    assert (total(), restricted()) == (2, False)
    assert taken("L2")[-1] == "un restrict -> none"


def test_a_listing_counts_once_however_often_it_is_edited(activate: Activate) -> None:
    activate(WARNS + STRIKES)
    for version in (1, 2, 3):
        offer(version=version, title="a pistol" + " again" * version)
        judge("anna")
    assert (total(), restricted()) == (2, False)
    assert Strike.objects.count() == 1


def test_sellers_are_apart_and_an_expired_strike_does_not_count(activate: Activate) -> None:
    activate(WARNS + STRIKES)
    offer(1)
    offer(2, seller="t")
    judge("anna")
    judge("anna")
    assert (total(), total("t")) == (2, 2)
    with unsealed(), connection.cursor() as cursor:
        cursor.execute("UPDATE actions_strike SET expires_at = %s", [clock.database_now()])
    assert (total(), total("t")) == (0, 0)
    offer(3)
    judge("anna")
    assert (total(), restricted()) == (2, False)
    given = Strike.objects.latest("pk")
    assert given.expires_at - given.at == timedelta(days=180)


def test_a_threshold_may_propose(activate: Activate) -> None:
    activate(WARNS + STRIKES.replace("automatic = true", ""))
    offer(1)
    judge("anna", clause="firearm")
    assert taken() == ["delete -> delete", "restrict -> restrict"]  # as the clause's own action
    offer(2, seller="t")
    offer(3, seller="t")
    judge("anna")
    judge("anna")
    proposed = Action.objects.get(origin="proposed")
    assert (proposed.kind, proposed.threshold) == ("restrict", 4)
    assert outcome_of("L2").seller_restricted is False


def test_strikes_of_dry_runs_count_in_dry_runs_only(activate: Activate) -> None:
    activate(f"{WARNS}dry_run = true\n{STRIKES}")
    offer(1)
    offer(2)
    judge("anna")
    judge("anna")
    assert (total(), restricted()) == (0, False)
    assert Action.objects.get(kind="restrict").dry_run


def test_strikes_and_a_clause_may_both_restrict(activate: Activate) -> None:
    """Each for its own reason, also of one listing: the edit is worse than what was struck."""
    more = CLAUSES.replace('"critical"]\n', '"critical"]\n', 1).replace('high = "hide"', "")
    activate(more.replace('automatic = ["high", "critical"]', "") + PROPOSING)
    offer(1)
    judge("anna", clause="blade")
    offer(1, "a pistol, loaded", version=2)
    judge("anna", clause="firearm")
    proposed = Action.objects.filter(kind="restrict", origin="proposed").order_by("pk")
    assert [action.threshold for action in proposed] == [2, None]
