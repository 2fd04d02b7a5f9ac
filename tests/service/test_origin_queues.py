"""A server of pictures that stalls holds up its own pictures only."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from bench.server import wait
from django.utils import timezone
from pytest_django.fixtures import Settings
from tests.media.drawn import encoded, scene
from tests.media.servers import Server, ok, serving
from tests.service.picture_service import fetch_all, keep_from, shows

from mimawari.listings.listing import Listing
from mimawari.service.intake import log
from mimawari.service.media import origin_queues as module
from mimawari.service.media.leases import MOST_ATTEMPTS
from mimawari.service.media.models import Snapshot, SnapshotState
from mimawari.service.media.origin_queues import OriginQueues
from mimawari.service.media.picture_fetcher import THREADS, PictureFetcher

pytestmark = pytest.mark.django_db(transaction=True)
ORIGINS = tuple(f"https://{name}.example" for name in "abcde")


@pytest.fixture
def shop(settings: Settings, tmp_path: Path) -> Iterator[Server]:
    with serving() as server:
        keep_from(settings, server, tmp_path)
        server.answers["/a.jpg"] = ok(encoded(scene(1, 120, 160), "JPEG"))
        yield server


@pytest.fixture
def named(shop: Server, settings: Settings, tmp_path: Path) -> None:
    """Name five origins that nobody asks."""
    keep_from(settings, shop, tmp_path, image_origins=ORIGINS)


def links_to(origin: str, count: int, number: int = 1) -> Listing:
    urls = tuple(f"{origin}/{n}.jpg" for n in range(count))
    return Listing(id=f"{origin}-{number}", version=1, seller_id="s", title="a", image_urls=urls)


def origin_of(one: Snapshot) -> str:
    return one.url.rsplit("/", 1)[0]


def taken_by_origin(queues: OriginQueues, free: int) -> Counter[str]:
    return Counter(origin_of(one) for _, one in queues.take(free))


def test_while_a_server_stalls_pictures_of_another_are_kept(
    shop: Server, settings: Settings, tmp_path: Path
) -> None:
    goes_on, names = threading.Event(), [f"slow{n}.jpg" for n in range(20)]
    with serving() as stalled:
        keep_from(settings, shop, tmp_path, image_origins=(stalled.base, shop.base))
        stalled.answers |= {f"/{name}": lambda *_: goes_on.wait(30) and None for name in names}
        log.append([shows(stalled, *names), shows(shop, "a.jpg", number=2)])
        fetcher = PictureFetcher()
        settled = Snapshot.objects.exclude(state=SnapshotState.PENDING)
        try:
            while not settled.exists():
                assert fetcher.turn()
            kept = settled.get()
            stalling = Snapshot.objects.filter(url__startswith=stalled.base, attempts=1)
            assert kept.url == f"{shop.base}/a.jpg"
            assert kept.state == SnapshotState.KEPT
            wait(lambda: len(stalled.requests) == THREADS // 2, 10)
            assert stalling.count() == THREADS // 2
            assert not stalling.exclude(fault="").exists(), "none had ended when the other was kept"
        finally:
            goes_on.set()
            fetcher.close()


@pytest.mark.usefixtures("named")
def test_each_server_that_stalls_holds_half_of_what_is_left() -> None:
    log.append([links_to(origin, 20) for origin in ORIGINS[:3]])
    queues = OriginQueues(ORIGINS)
    assert taken_by_origin(queues, 8) == dict(zip(ORIGINS[:3], (4, 2, 1), strict=True))
    assert not taken_by_origin(queues, 1), "the last thread is for somebody else"
    log.append([links_to(ORIGINS[3], 20)])
    assert taken_by_origin(queues, 1) == {ORIGINS[3]: 1}


@pytest.mark.usefixtures("named")
def test_one_thread_goes_round() -> None:
    log.append([links_to(origin, 20) for origin in ORIGINS])
    queues, got = OriginQueues(ORIGINS), []
    for _ in range(2 * len(ORIGINS)):
        ((queue, one),) = queues.take(1)
        got.append(origin_of(one))
        queue.held -= 1
    assert got == [*ORIGINS, *ORIGINS]


@pytest.mark.usefixtures("named")
def test_whoever_stands_behind_many_pictures_of_a_stalled_server_is_reached() -> None:
    log.append([links_to(ORIGINS[0], 40, n) for n in range(100)])
    log.append([links_to(ORIGINS[1], 1)])
    assert taken_by_origin(OriginQueues(ORIGINS), 8) == {ORIGINS[0]: 4, ORIGINS[1]: 1}


@pytest.mark.usefixtures("named")
def test_a_line_looks_for_what_is_written_late(monkeypatch: pytest.MonkeyPatch) -> None:
    log.append([links_to(ORIGINS[0], 2)])
    monkeypatch.setattr(module, "LOOK_AGAIN", timedelta(hours=1))
    (queue, *_) = OriginQueues(ORIGINS).all
    assert len(queue.take(8)) == 2
    assert queue.take(8) == []
    for seconds, found in ((5, 1), (3_000, 0)):
        due = timezone.now() - timedelta(seconds=seconds)
        Snapshot.objects.filter(position=0).update(due_at=due)
        assert len(queue.take(8)) == found
    (queue, *_) = OriginQueues(ORIGINS).all
    assert len(queue.take(8)) == 1, "a minute later it looks at everything"


@pytest.mark.usefixtures("named")
def test_pictures_that_wore_out_hide_no_others() -> None:
    log.append([links_to(ORIGINS[0], 9)])
    Snapshot.objects.filter(position__lt=8).update(attempts=MOST_ATTEMPTS)
    (queue, *_) = OriginQueues(ORIGINS).all
    assert [one.position for one in queue.take(4)] == [8]
    assert queue.held == 1
    assert Snapshot.objects.filter(state=SnapshotState.GAVE_UP).count() == 8


@pytest.mark.usefixtures("named")
def test_an_origin_that_is_named_no_more_has_a_line(
    shop: Server, settings: Settings, tmp_path: Path
) -> None:
    log.append([links_to(ORIGINS[0], 3)])
    keep_from(settings, shop, tmp_path)
    fetch_all()
    assert set(Snapshot.objects.values_list("state", "fault")) == {
        (SnapshotState.GAVE_UP, "not_allowed")
    }


@pytest.mark.usefixtures("named")
def test_an_address_is_in_one_line_only() -> None:
    odd = ("https://a.example?1", "HTTPS://a.example/2", "https://a.example/3")
    log.append([Listing(id="L", version=1, seller_id="s", title="a", image_urls=odd)])
    urls = [one.url for queue in OriginQueues(ORIGINS).all for one in queue.take(8)]
    assert sorted(urls) == sorted(odd)
