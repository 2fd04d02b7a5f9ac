"""Listings chosen by chance while batches are written: probabilities, room, order, what stays."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import numpy as np
import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.test import override_settings
from django.utils import timezone
from tests.service.conftest import listing

from mimawari.service.intake import log
from mimawari.service.intake.log import Pending
from mimawari.service.intake.models import ListingVersion
from mimawari.service.review import exploration, queue
from mimawari.service.review.models import Alert, AlertState, Purpose, ScoredDay
from mimawari.service.review.opening import displace, open_alerts
from mimawari.service.worker import Worker

pytestmark = pytest.mark.django_db(transaction=True)


def exploring(share: float) -> Any:
    return override_settings(
        CONFIG=msgspec.structs.replace(settings.CONFIG, exploration_share=share)
    )


def versions(n: int) -> list[Pending]:
    log.append([listing(i) for i in range(n)])
    return [
        Pending(one.pk, one.listing_id, 1, "", 0) for one in ListingVersion.objects.order_by("id")
    ]


def write(pending: list[Pending], scores: list[float], capacity: int, **more: Any) -> None:
    values = {"weapons": np.array(scores, np.float32)}
    with transaction.atomic():
        rounds = more.get("in_rounds", ())
        open_alerts(pending, values, {"weapons": capacity}, rounds, timezone.now())


def choose_all(pending: list[Pending], capacity: int, score: float = 0.0, **more: Any) -> None:
    """Write a batch of at most K / 2 so that every one of it is chosen."""
    ScoredDay.objects.all().delete()
    usual_day(1, 0.0)
    with exploring(0.5):
        write(pending, [score] * len(pending), capacity, **more)


def usual_day(listings: int, tempered: float) -> None:
    """Say what yesterday was like."""
    day = timezone.now().date() - timedelta(days=1)
    ScoredDay.objects.create(day=day, listings=listings, tempered={"weapons": tempered})


@pytest.mark.usefixtures("generation")
def test_without_a_share_nothing_is_explored_but_days_are_counted() -> None:
    log.append([listing(i, "a pistol") for i in range(7)])
    Worker(batch=3).run_once()
    Worker(batch=9).run_once()
    today = ScoredDay.objects.get()
    assert today.listings == 7
    assert today.seconds > 0
    assert not Alert.objects.exclude(probability=None).exists()


def test_certain_choices_open_beside_a_smaller_list() -> None:
    """Ten listings a day of which K / 2 are explored: pi is one half each, uniformly."""
    usual_day(10, 0.0)
    pending = versions(10)
    with exploring(0.5):
        write(pending, [0.5 + i / 100 for i in range(10)], 10)
    chosen = Alert.objects.exclude(probability=None)
    assert set(chosen.values_list("probability", flat=True)) == {0.5}
    # Everything fits: what was chosen is on the list too, and stands there once.
    assert set(Alert.objects.values_list("purpose", flat=True)) == {Purpose.TOP_K}
    assert Alert.objects.count() == 10


def test_the_slice_takes_its_room_from_the_lowest_of_the_list() -> None:
    pending = versions(6)
    choose_all(pending[:1], 4)
    choose_all(pending[1:2], 4, float("nan"))
    assert list(Alert.objects.values_list("purpose", flat=True)) == [Purpose.EXPLORATION] * 2
    write(pending[2:], [0.3, 0.9, 0.8, 0.4], 4)
    top = Alert.objects.filter(purpose=Purpose.TOP_K, state=AlertState.OPEN)
    assert sorted(top.values_list("score", flat=True)) == pytest.approx([0.8, 0.9])
    assert Alert.objects.filter(state=AlertState.OPEN).count() == 4


def test_alerts_there_already_give_way() -> None:
    pending = versions(6)
    write(pending[:4], [0.3, 0.9, 0.8, 0.4], 4)
    choose_all(pending[4:], 4)
    gone = Alert.objects.filter(state=AlertState.DISPLACED)
    assert sorted(gone.values_list("score", flat=True)) == pytest.approx([0.3, 0.4])
    assert Alert.objects.filter(state=AlertState.OPEN).count() == 4


def test_what_chance_chose_is_never_displaced_but_leaves_the_list() -> None:
    pending = versions(5)
    choose_all(pending[:1], 2, 0.3)
    first = Alert.objects.get()
    assert (first.purpose, first.probability) == (Purpose.TOP_K, 1.0)
    write(pending[1:], [0.9, 0.8, 0.7, 0.6], 2)
    first.refresh_from_db()
    assert (first.purpose, first.state) == (Purpose.EXPLORATION, AlertState.OPEN)
    write([], [], 2)  # the next batch finds two and one where two fit
    assert Alert.objects.filter(state=AlertState.OPEN).count() == 2
    assert displace(Alert.objects.all()) == 1
    first.refresh_from_db()
    assert first.state == AlertState.OPEN


def test_a_spent_day_takes_from_tomorrow() -> None:
    pending = versions(3)
    write(pending[:2], [0.9, 0.8], 2)
    Alert.objects.update(state=AlertState.DECIDED)
    choose_all(pending[2:], 2)
    extra = Alert.objects.get(purpose=Purpose.EXPLORATION)
    assert extra.day == timezone.now().date() + timedelta(days=1)


def test_priorities_are_those_of_ordinary_alerts() -> None:
    pending = versions(8)
    write(pending[:5], [0.9, 0.8, 0.7, 0.6, 0.5], 10)
    choose_all(pending[5:], 10)
    explored = Alert.objects.filter(purpose=Purpose.EXPLORATION)
    ordinary = set(Alert.objects.filter(purpose=Purpose.TOP_K).values_list("priority", flat=True))
    assert explored.count() == 3
    assert set(explored.values_list("priority", flat=True)) <= ordinary


def test_topics_in_rounds_are_explored_too() -> None:
    choose_all(versions(1), 2, in_rounds={"weapons"})
    assert set(Alert.objects.values_list("purpose", flat=True)) == {Purpose.EXPLORATION}


def test_choosing_again_chooses_the_same() -> None:
    pending = versions(400)
    ids = np.array([one.id for one in pending], np.int64)
    scores = {"weapons": np.zeros(400, np.float32)}
    today = timezone.now().date()
    with exploring(0.5), transaction.atomic():
        told = []
        for _ in range(2):
            ScoredDay.objects.all().delete()
            usual_day(400, 0.0)
            told.append(exploration.choose(ids, scores, {"weapons": 1.0}, {"weapons": 200}, today))
    assert told[0] == told[1]
    assert 60 < len(told[0]) < 140  # 400 coins of 1 / 4


def test_low_scores_near_the_floor_are_chosen_more_often() -> None:
    pending = versions(1000)
    ids = np.array([one.id for one in pending], np.int64)
    scores = np.where(np.arange(1000) % 10 == 0, 0.25, 0.0).astype(np.float32)
    usual_day(1000, 50.0)
    with exploring(0.5), transaction.atomic():
        told = exploration.choose(
            ids, {"weapons": scores}, {"weapons": 0.5}, {"weapons": 200}, timezone.now().date()
        )
    near = [one for one in told.values() if one.score > 0]
    assert {round(one.probability, 3) for one in near} == {0.55}
    assert {round(one.probability, 3) for one in told.values() if one.score == 0} == {0.05}
    assert 35 < len(near) < 75


@pytest.mark.usefixtures("generation")
def test_explored_listings_reach_a_moderator() -> None:
    for topic in ("weapons", "drugs"):
        day = timezone.now().date() - timedelta(days=1)
        row, _ = ScoredDay.objects.get_or_create(day=day)
        row.tempered[topic] = 0.0
        row.save()
    with exploring(0.5):
        log.append([listing(1, "a cup")])
        Worker().run_once()
    alert = queue.next_alert(User.objects.create_user("m"))
    assert alert is not None
    assert alert.purpose == Purpose.EXPLORATION
