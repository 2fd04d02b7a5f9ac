"""Listings chosen by chance while batches are written: probabilities, room, order, what stays."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import numpy as np
import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import override_settings
from django.utils import timezone
from numpy.typing import NDArray
from tests.service.conftest import listing
from tests.service.working import work, work_off

from mimawari.records.manifest import Manifest, TopicEntry
from mimawari.records.scored import ScoredBatch
from mimawari.service.admission.admit import admit
from mimawari.service.admission.lists import displace
from mimawari.service.admission.models import Alert, AlertState, Purpose
from mimawari.service.intake import log
from mimawari.service.intake.models import ListingVersion
from mimawari.service.review import queue
from mimawari.service.scoring.candidates import candidates_of
from mimawari.service.scoring.exploring import Draw, draw, tempered_scores
from mimawari.service.scoring.floors import list_floors
from mimawari.service.scoring.models import DayVolume
from mimawari.service.scoring.volume import VolumeCounter
from mimawari.service.scoring.writing import write_candidates

pytestmark = pytest.mark.django_db(transaction=True)


def exploring(share: float) -> Any:
    return override_settings(
        CONFIG=msgspec.structs.replace(settings.CONFIG, exploration_share=share)
    )


def versions(n: int) -> list[int]:
    log.append([listing(i) for i in range(n)])
    return list(ListingVersion.objects.order_by("id").values_list("pk", flat=True))


def scored(ids: list[int], scores: list[float] | NDArray[np.float32]) -> ScoredBatch:
    """Make a batch of one topic and no model."""
    column = np.array(scores, np.float32).reshape(-1, 1)
    none = np.zeros((len(ids), 0), np.float32)
    return ScoredBatch(
        ids=np.array(ids, np.int64),
        generation=0,
        topics=("weapons",),
        models=(),
        scores=column,
        rules=column,
        model_scores=none,
        refined=none > 0,
        in_canary=np.zeros(column.shape, np.bool_),
        rule_hits=[[] for _ in ids],
        picture_texts=["" for _ in ids],
        scored_at=timezone.now(),
    )


def in_force(capacity: int, on_trial: bool = False) -> Manifest:
    entry = TopicEntry(topic_file=1, sha256="", capacity=capacity, trial=1 if on_trial else None)
    return Manifest(topics={"weapons": entry})


def drawn_of(batch: ScoredBatch, manifest: Manifest, floor: float) -> list[Draw]:
    """Draw as a scorer does."""
    tempered = tempered_scores(batch, manifest, {"weapons": floor})
    sums = {"weapons": float(tempered["weapons"].sum())}
    volumes = VolumeCounter().volumes(batch.day, len(batch.ids), sums)
    share, secret = settings.CONFIG.exploration_share, settings.SECRET_KEY.encode()
    return draw(batch, manifest, tempered, volumes, share, secret)


def write(ids: list[int], scores: list[float], capacity: int, on_trial: bool = False) -> None:
    """Score, draw and admit a batch."""
    batch, manifest = scored(ids, scores), in_force(capacity, on_trial)
    floors = list_floors(manifest, batch.day)
    draws = drawn_of(batch, manifest, floors["weapons"])
    write_candidates(batch, candidates_of(batch, manifest, floors, draws))
    admit("weapons", batch.day, capacity, timezone.now())


def choose_all(
    pending: list[int], capacity: int, score: float = 0.0, on_trial: bool = False
) -> None:
    """Write a batch of at most K / 2 so that every one of it is chosen."""
    DayVolume.objects.all().delete()
    usual_day(1, 0.0)
    with exploring(0.5):
        write(pending, [score] * len(pending), capacity, on_trial)


def usual_day(listings: int, tempered: float) -> None:
    """Say what yesterday was like."""
    day = timezone.now().date() - timedelta(days=1)
    DayVolume.objects.create(day=day, scorer=0, listings=listings, tempered={"weapons": tempered})


@pytest.mark.usefixtures("generation")
def test_without_a_share_nothing_is_explored_but_days_are_counted() -> None:
    log.append([listing(i, "a pistol") for i in range(7)])
    work_off(3)
    today = DayVolume.objects.get()
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
    choose_all(versions(1), 2, on_trial=True)
    assert set(Alert.objects.values_list("purpose", flat=True)) == {Purpose.EXPLORATION}


def test_drawing_again_draws_the_same() -> None:
    batch = scored(versions(400), [0.0] * 400)
    usual_day(400, 0.0)
    with exploring(0.5):
        first, second = (drawn_of(batch, in_force(200), 1.0) for _ in range(2))
    assert first == second
    assert 60 < len(first) < 140  # 400 coins of 1 / 4


def test_low_scores_near_the_floor_are_drawn_more_often() -> None:
    scores = np.where(np.arange(1000) % 10 == 0, 0.25, 0.0).astype(np.float32)
    usual_day(1000, 50.0)
    with exploring(0.5):
        draws = drawn_of(scored(versions(1000), scores), in_force(200), 0.5)
    near = [drawn for drawn in draws if scores[drawn.row] > 0]
    assert {round(drawn.probability, 3) for drawn in near} == {0.55}
    others = {round(drawn.probability, 3) for drawn in draws if scores[drawn.row] == 0}
    assert others == {0.05}
    assert 35 < len(near) < 75


@pytest.mark.usefixtures("generation")
def test_what_is_drawn_is_scored_with_its_trees_and_probabilities_come_from_all_scorers() -> None:
    """Two scorers count in rows of their own; each sees what the other counted."""
    log.append([listing(i) for i in range(6)])
    work(3)
    work(3)
    assert DayVolume.objects.count() == 2
    day = timezone.now().date()
    sums = {"weapons": 0.0}
    assert VolumeCounter().volumes(day, 0, sums)["weapons"].listings == 6


@pytest.mark.usefixtures("generation")
def test_explored_listings_reach_a_moderator() -> None:
    for topic in ("weapons", "drugs"):
        day = timezone.now().date() - timedelta(days=1)
        row, _ = DayVolume.objects.get_or_create(day=day, scorer=0)
        row.tempered[topic] = 0.0
        row.save()
    with exploring(0.5):
        log.append([listing(1, "a cup")])
        work()
    alert = queue.next_alert(User.objects.create_user("m"))
    assert alert is not None
    assert alert.purpose == Purpose.EXPLORATION
