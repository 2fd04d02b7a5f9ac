"""A rescan keeps to its share of each day, and takes no place from what is surer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from tests.acting import TESTS
from tests.service.rescan.acting import Activate, admit, offer, opened, rescan

from mimawari.errors import InvalidInputError
from mimawari.service.admission.models import Alert, AlertState, Purpose
from mimawari.service.platform import clock
from mimawari.service.scoring.models import Rescan, RescanState, Rescore
from mimawari.service.scoring.rescans import Plan, begin

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_share_of_each_day_the_best_first(
    activate: Activate, monkeypatch: pytest.MonkeyPatch
) -> None:
    activate()
    offer("a bow", 1, 2, 3)
    offer("a sword", 4, 5)
    activate(sword="critical", bow="medium")
    done = rescan(share=0.2)
    assert (done.state, done.most, done.found) == (RescanState.OPENING, 14, 5)
    assert opened() == ["L4", "L5"]
    admit()
    assert len(opened()) == 2, "no more today"
    now = clock.database_now()
    for day in (1, 2):
        monkeypatch.setattr(clock, "database_now", _later(now, day))
        admit()
    assert len(opened()) == 5
    assert Rescan.objects.get().state == RescanState.DONE


def _later(now: datetime, days: int) -> Callable[[], datetime]:
    return lambda: now + timedelta(days=days)


def test_no_surer_fresh_alert_gives_way(activate: Activate) -> None:
    activate(capacity=4)
    offer("a bow", 1, 2)
    activate(capacity=4, bow="medium", sword="critical")
    offer("a sword", 11, 12, 13, 14)  # the day is full, and surer
    done = rescan(share=0.5)
    assert opened() == []
    assert done.state == RescanState.OPENING
    fresh = Alert.objects.filter(purpose=Purpose.TOP_K)
    assert set(fresh.values_list("state", flat=True)) == {AlertState.OPEN}


def test_the_lowest_fresh_alerts_give_way_to_what_is_surer_up_to_the_share(
    activate: Activate,
) -> None:
    activate(capacity=4)
    offer("a sword", 1, 2, 3)
    activate(capacity=4, bow="medium", sword="critical")
    offer("a bow", 11, 12, 13, 14)
    rescan(share=0.5)
    assert len(opened()) == 2
    fresh = Alert.objects.filter(purpose=Purpose.TOP_K)
    assert sorted(fresh.values_list("state", flat=True)) == ["displaced"] * 2 + ["open"] * 2
    offer("a pistol", 21, 22, 23)  # what comes later competes with the fresh ones alone
    rescans = Alert.objects.filter(purpose=Purpose.RESCAN)
    assert set(rescans.values_list("state", flat=True)) == {AlertState.OPEN}
    waiting = Alert.objects.filter(state=AlertState.OPEN)
    assert waiting.count() == 4


def test_only_so_many_are_kept_and_only_what_scores_enough(activate: Activate) -> None:
    activate()
    offer("a sword", 1, 2)
    offer("a bow", 3)
    activate(sword="critical", bow="medium")
    done = rescan(share=1.0, most=2)
    assert (done.found, Rescore.objects.count()) == (3, 2)
    assert opened() == ["L1", "L2"]
    assert rescan(least=0.5).found == 0, "a bow scores 0.2, and swords came from a rescan before"


def test_a_second_one_waits_until_the_first_ones_findings_are_judged(activate: Activate) -> None:
    activate()
    offer("a sword", 1, 2, 3)
    activate(sword="high")
    first = rescan(share=0.1)
    assert first.state == RescanState.OPENING
    with pytest.raises(InvalidInputError, match=f"mimawari rescan stop {first.pk}"):
        begin("weapons", Plan(), TESTS, "again")
