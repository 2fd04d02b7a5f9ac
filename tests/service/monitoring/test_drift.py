"""Listings counted exactly once, through restarts and beside a second keeper; changes as alarms."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np
import pytest
from django.db import transaction
from tests.service.working import work_off
from tests.stores import unsealed
from typer.testing import CliRunner

from mimawari.cli.main import app
from mimawari.evaluation.drift.bands import BANDS, INPUTS, scores_of
from mimawari.evaluation.drift.hours import hour_of
from mimawari.evaluation.drift.tally import Tally
from mimawari.evaluation.drift.watch import PAST, WatchState
from mimawari.listings.listing import Listing
from mimawari.records.alarm import AlarmKind, AlarmState
from mimawari.service.alarms.reading import alarms_of
from mimawari.service.audit.bulk import commit
from mimawari.service.audit.sealing import seal_all
from mimawari.service.intake import log
from mimawari.service.intake.event_kinds import LISTINGS
from mimawari.service.intake.models import ListingVersion, State
from mimawari.service.monitoring.drifting import counter
from mimawari.service.monitoring.drifting.counter import DriftCounter
from mimawari.service.monitoring.models import DriftHour, DriftPlace, DriftWatch
from mimawari.service.platform import clock
from mimawari.service.platform.leases import HeldLease

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = timedelta(hours=1)


@pytest.fixture
def lease(db: None) -> HeldLease:
    one = HeldLease("keeper")
    assert one.take()
    return one


class Feed:
    """Listings that arrive, each of a new seller, some of them Japanese."""

    def __init__(self, seed: int = 1) -> None:
        self.draw = np.random.default_rng(seed)
        self.n = 0
        self.japanese = 0

    def arrive(self, n: int, japanese: float, at: datetime | None = None) -> None:
        at = at or clock.database_now() - HOUR
        rows = []
        for _ in range(n):
            self.n += 1
            ja = bool(self.draw.random() < japanese)
            self.japanese += ja
            one = Listing(
                id=f"L{self.n}",
                version=1,
                seller_id=f"s{self.n}",
                title="a cup",
                language="ja" if ja else "en",
            )
            payload = msgspec.json.encode(one).decode()
            rows.append(
                ListingVersion(
                    listing_id=one.id,
                    version=1,
                    seller_id=one.seller_id,
                    payload=payload,
                    received_at=at,
                    state=State.SCORED,
                )
            )
        with transaction.atomic():
            rows = ListingVersion.objects.bulk_create(rows)
            kept = [(r.pk, r.listing_id, 1, r.seller_id, r.payload, r.received_at) for r in rows]
            commit(LISTINGS, kept)
        seal_all()


def counted(name: str = INPUTS, kind: str = "language") -> dict[str, float]:
    sums: dict[str, float] = {}
    for tally in DriftHour.objects.filter(watch=name).values_list("tally", flat=True):
        for value, n in tally.counts[kind].items():
            sums[value] = sums.get(value, 0) + n
    return sums


def turns(one: DriftCounter) -> None:
    one._stopped.set()  # it does not wait between turns
    while one.turn():
        pass


def past(japanese: float = 0.45) -> None:
    """Let two weeks have been counted."""
    now = int(hour_of(clock.database_now() - HOUR))  # as listings arrive
    first = now // 24 * 24 - PAST
    for hour in range(first, now):
        counts = {
            kind: {name: 1_000.0} for kind, name in (("category", "unknown"), ("price", "unknown"))
        }
        counts["language"] = {"ja": 1_000 * japanese, "en": 1_000 * (1 - japanese)}
        counts["length"] = {"under 50": 1_000.0}
        DriftHour.objects.create(watch=INPUTS, hour=hour, tally=Tally(counts))
    state = WatchState(first=first, kinds=dict.fromkeys(counts, first))
    DriftWatch.objects.create(name=INPUTS, topic="", state=state)


def test_each_listing_is_counted_once_whatever_is_killed_when(
    lease: HeldLease, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed, draw = Feed(), np.random.default_rng(2)
    write = DriftCounter._keep

    def killed(self: DriftCounter, names: set[str]) -> None:
        write(self, names)
        if draw.random() < 0.5:
            raise RuntimeError("killed")

    monkeypatch.setattr(DriftCounter, "_keep", killed)
    deaths = 0
    for _ in range(30):
        feed.arrive(int(draw.integers(20, 180)), 0.4)
        try:
            turns(DriftCounter(lease, at_once=150))
        except RuntimeError:
            deaths += 1
    monkeypatch.undo()
    turns(DriftCounter(lease))
    assert deaths > 3
    assert sum(counted().values()) == feed.n // 100 * 100
    left = feed.n % 100
    assert feed.japanese - left <= counted()["ja"] <= feed.japanese
    place = DriftPlace.objects.get()
    turns(DriftCounter(lease))
    assert (DriftPlace.objects.get().place, DriftPlace.objects.get().offset) == (
        place.place,
        place.offset,
    )


def test_two_keepers_count_as_one(lease: HeldLease) -> None:
    feed = Feed()
    one, other = DriftCounter(lease, at_once=250), DriftCounter(lease, at_once=250)
    for keeper in (one, other):
        keeper._stopped.set()
    for _ in range(12):
        feed.arrive(130, 0.4)
        for keeper in (one, other, other, one):
            keeper.turn()
    assert sum(counted().values()) == feed.n // 100 * 100


def test_one_that_is_overtaken_while_it_counts_writes_nothing(
    lease: HeldLease, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = Feed()
    feed.arrive(250, 0.4)
    slow, fast = DriftCounter(lease), DriftCounter(lease)
    batches = DriftCounter._batches

    def overtaken(self: DriftCounter) -> object:
        made = batches(self)
        monkeypatch.setattr(DriftCounter, "_batches", batches)
        turns(fast)
        return made

    monkeypatch.setattr(DriftCounter, "_batches", overtaken)
    turns(slow)
    assert sum(counted().values()) == 200
    feed.arrive(100, 0.4)
    turns(slow)
    turns(fast)
    assert sum(counted().values()) == 300


def test_without_the_lease_nothing_is_counted(lease: HeldLease) -> None:
    Feed().arrive(200, 0.4)
    assert not DriftCounter(HeldLease("keeper")).turn()
    assert DriftHour.objects.count() == 0


def test_a_seller_counts_once_an_hour_after_a_restart_too(lease: HeldLease) -> None:
    feed, now = Feed(), clock.database_now()
    feed.arrive(100, 0.4, now - 3 * HOUR)
    turns(DriftCounter(lease))
    again = [
        Listing(
            id=f"again{i}", version=1, seller_id=f"s{1 + i % 150}", title="a cup", language="fr"
        )
        for i in range(300)
    ]
    _put(again, now - 2.5 * HOUR)  # within the hour: sellers 1 to 100 count no more
    turns(DriftCounter(lease))
    assert counted().get("fr", 0) == 0, "only fifty sellers are new"
    _put([msgspec.structs.replace(one, id=f"{one.id}b") for one in again], now - 1.2 * HOUR)
    turns(DriftCounter(lease))
    assert counted()["fr"] >= 100


def test_a_restart_with_nothing_new_knows_who_counted(lease: HeldLease) -> None:
    feed = Feed()
    feed.arrive(100, 0.4)
    turns(DriftCounter(lease))
    one = DriftCounter(lease)
    turns(one)
    again = [
        Listing(id=f"again{i}", version=1, seller_id=f"s{i + 1}", title="a cup", language="fr")
        for i in range(100)
    ]
    _put(again, clock.database_now() - HOUR / 2)
    turns(one)
    assert "fr" not in counted()


def _put(listings: list[Listing], at: datetime) -> None:
    with transaction.atomic():
        rows = ListingVersion.objects.bulk_create(
            ListingVersion(
                listing_id=one.id,
                version=1,
                seller_id=one.seller_id,
                payload=msgspec.json.encode(one).decode(),
                received_at=at,
                state=State.SCORED,
            )
            for one in listings
        )
        commit(LISTINGS, [(r.pk, r.listing_id, 1, r.seller_id, r.payload, at) for r in rows])
    seal_all()


def test_few_sellers_with_many_listings_stop_nothing(
    lease: HeldLease, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counter, "LONGEST", 200)
    at = clock.database_now() - HOUR
    many = [
        Listing(id=f"m{i}", version=1, seller_id=f"s{i % 3}", title="a cup") for i in range(1_000)
    ]
    _put(many, at)
    one = DriftCounter(lease)
    turns(one)
    assert round(sum(counted().values()), 6) == 3
    assert len(one._waiting) < 200


def test_what_waits_for_its_score_is_waited_for(generation: int, lease: HeldLease) -> None:
    log.append([_of_seller(i) for i in range(1, 121)])
    seal_all()
    turns(DriftCounter(lease))
    assert DriftHour.objects.count() == 0
    work_off()
    turns(DriftCounter(lease))
    assert sum(counted().values()) == 100
    bands = counted(scores_of("weapons"), "what competes")
    assert sum(bands.values()) == 100
    assert set(bands) <= set(BANDS)
    assert bands["no score"] < 100


def _of_seller(i: int) -> Listing:
    title = "a pistol" if i % 10 == 0 else "a cup"
    return Listing(id=f"L{i}", version=1, seller_id=f"s{i}", title=title)


def test_what_is_gone_or_erased_is_passed_over(lease: HeldLease) -> None:
    feed = Feed()
    feed.arrive(250, 0.4)
    numbers = list(ListingVersion.objects.order_by("pk").values_list("pk", flat=True))
    with unsealed():
        ListingVersion.objects.filter(pk__in=numbers[:30]).delete()
        gone = ListingVersion.objects.filter(pk__in=numbers[30:60])
        gone.update(state=State.ERASED, payload="{}")
    turns(DriftCounter(lease))
    assert sum(counted().values()) == 100


def test_a_new_installation_learns(lease: HeldLease) -> None:
    Feed().arrive(200, 0.4)
    one = DriftCounter(lease)
    turns(one)
    until = one._watches[INPUTS].learning_until
    assert until is not None
    assert until > hour_of(clock.database_now()) + 13 * 24
    said = CliRunner().invoke(app, ["alarms", "list"]).output
    assert "No alarm. What is usual is being learnt until 2" in said
    assert alarms_of() == []


def test_a_move_opens_one_alarm_a_share_with_what_was_and_is(lease: HeldLease) -> None:
    past()
    feed = Feed()
    feed.arrive(1_000, 0.45)
    turns(DriftCounter(lease))
    assert alarms_of() == []
    for _ in range(30):
        feed.arrive(100, 0.62)
        turns(DriftCounter(lease))  # begun anew each time
    opened = {alarm.stream: alarm for alarm in alarms_of()}
    assert set(opened) == {"language: ja", "language: en"}
    alarm = opened["language: ja"]
    assert (alarm.kind, alarm.state, alarm.times) == (
        AlarmKind.DRIFT_OF_INPUTS,
        AlarmState.OPENED,
        1,
    )
    assert abs(alarm.figures.usual - 0.45) < 0.01
    assert abs(alarm.figures.value - 0.62) < 0.1
    assert alarm.figures.low < 0.45 < alarm.figures.high


def test_a_clock_that_was_set_back_stops_nothing(lease: HeldLease) -> None:
    past()
    feed, now = Feed(), clock.database_now()
    feed.arrive(300, 0.45, now + 3 * HOUR)
    feed.arrive(300, 0.45, now - 50 * HOUR)
    feed.arrive(300, 0.45, now)
    turns(DriftCounter(lease))
    assert alarms_of() == []
    assert sum(counted().values()) >= 900


def test_scores_are_watched_by_topic(
    topic_file: Callable[..., Path], generation: int, lease: HeldLease
) -> None:
    log.append([_of_seller(i) for i in range(1, 121)])
    work_off()
    seal_all()
    turns(DriftCounter(lease))
    names = set(DriftWatch.objects.values_list("name", "topic"))
    assert names == {(INPUTS, ""), (scores_of("weapons"), "weapons"), (scores_of("drugs"), "drugs")}
