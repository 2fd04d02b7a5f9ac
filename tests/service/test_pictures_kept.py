"""Own copies of pictures: fetched once, final, and never in the way of anything else."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from bench.server import Server as Mimawari
from bench.server import wait
from django.db import DatabaseError, transaction
from django.utils import timezone
from pytest_django.fixtures import Settings
from tests.media.drawn import encoded, scene
from tests.media.servers import Answer, Server, ok, onward, says, serving
from tests.service.conftest import new_key, new_server
from tests.service.picture_service import fetch_all, impatient, keep_from, make_due, shows
from tests.service.working import work

from mimawari.service.intake import log
from mimawari.service.intake.models import ListingVersion
from mimawari.service.intake.stream import DatabaseStream
from mimawari.service.media.fetching import FailedFetch
from mimawari.service.media.leases import MOST_ATTEMPTS, lease, settle
from mimawari.service.media.models import Picture, Snapshot, SnapshotState
from mimawari.service.media.new_versions import ready
from mimawari.service.media.pictures import StoredPictures, store
from mimawari.service.review.listing_history import history_of
from mimawari.service.scoring.models import Score

pytestmark = pytest.mark.django_db(transaction=True)
FIRST, SECOND = (encoded(scene(seed, 120, 160), "JPEG") for seed in (1, 2))
BUSY = says(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")
MISSING = says(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")


def stalls(server: Server) -> Answer:
    """Say nothing until the server ends."""
    return lambda _peer, _request: server.closing.wait(30) and None


@pytest.fixture
def shop(settings: Settings, tmp_path: Path) -> Iterator[Server]:
    with serving() as server:
        keep_from(settings, server, tmp_path)
        server.answers["/a.jpg"] = ok(FIRST)
        yield server


def test_a_picture_stays_as_it_was_though_listing_and_server_change(shop: Server) -> None:
    before, after = shows(shop, "a.jpg"), shows(shop, "a.jpg", version=2, title="a mug")
    log.append([before])
    fetch_all()
    shop.answers["/a.jpg"] = ok(SECOND)
    log.append([after])
    fetch_all()
    first, second = Snapshot.objects.order_by("listing_version__version")
    assert [one.state for one in (first, second)] == [SnapshotState.KEPT] * 2
    assert store().get(first.picture_id) == FIRST
    assert store().get(second.picture_id) == SECOND
    kept = StoredPictures([before, after])
    assert [one.sha256 for one in kept.of(before)] == [first.picture_id]
    assert [one.sha256 for one in kept.of(after)] == [second.picture_id]
    picture = Picture.objects.get(sha256=first.picture_id)
    assert (picture.bytes, picture.width, picture.height) == (len(FIRST), 160, 120)
    assert [one.bits for one in kept.hashes(before)] == [bytes(picture.pdq)]


def test_the_same_picture_is_kept_once(shop: Server) -> None:
    log.append([shows(shop, "a.jpg", "a.jpg", number=n) for n in (1, 2)])
    fetch_all()
    assert Snapshot.objects.filter(state=SnapshotState.KEPT).count() == 4
    assert Picture.objects.count() == 1


@pytest.mark.parametrize("off", [{"image_origins": ()}, {"image_snapshots": False}], ids=str)
def test_nothing_is_kept_while_it_is_off(
    off: dict[str, object], shop: Server, settings: Settings, tmp_path: Path
) -> None:
    keep_from(settings, shop, tmp_path, **off)
    log.append([shows(shop, "a.jpg")])
    assert not Snapshot.objects.exists()
    assert len(DatabaseStream(ready).fetch(10, 0.0)) == 1


def test_only_pictures_of_the_named_origins_are_kept(shop: Server) -> None:
    one = shows(shop, "a.jpg")
    others = ("https://other.example/a.jpg", f"{shop.base}@other.example/a", *one.image_urls)
    log.append([shows(shop, number=2), type(one)(**{**fields(one), "image_urls": others})])
    assert list(Snapshot.objects.values_list("position", "url")) == [(2, one.image_urls[0])]


def fields(one: object) -> dict[str, object]:
    return {name: getattr(one, name) for name in one.__struct_fields__}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (MISSING, "refused"),
        (ok(b"<svg/>"), "no_picture"),
        (onward("http://10.0.0.1/a.jpg"), "private_address"),
    ],
    ids=["missing", "no picture", "elsewhere"],
)
def test_what_cannot_come_is_given_up_at_once(answer: Answer, fault: str, shop: Server) -> None:
    shop.answers["/b.jpg"] = answer
    log.append([shows(shop, "b.jpg", "a.jpg")])
    fetch_all()
    bad, good = Snapshot.objects.order_by("position")
    assert (bad.state, bad.fault, bad.attempts) == (SnapshotState.GAVE_UP, fault, 1)
    assert bad.problem.startswith("image_urls[0]: ")
    assert good.state == SnapshotState.KEPT
    history = history_of("L1")
    assert history is not None
    first, second = history.versions[0].pictures
    assert (first.state, first.sha256, first.problem) == ("gave_up", None, bad.problem)
    assert (second.state, second.sha256) == ("kept", good.picture_id)


def test_a_busy_server_is_asked_again_later_and_not_for_ever(shop: Server) -> None:
    shop.answers["/a.jpg"] = BUSY
    log.append([shows(shop, "a.jpg")])
    pauses = []
    for _ in range(MOST_ATTEMPTS - 1):
        fetch_all()
        one = Snapshot.objects.get()
        assert (one.state, one.fault) == (SnapshotState.PENDING, "busy")
        pauses.append((one.due_at - timezone.now()).total_seconds())
        make_due()
    assert pauses == sorted(pauses)
    assert 0 < pauses[0] < 6
    fetch_all()
    assert Snapshot.objects.get().state == SnapshotState.GAVE_UP
    assert len(shop.requests) == MOST_ATTEMPTS


def test_a_server_that_recovers_is_waited_for(shop: Server) -> None:
    shop.answers["/a.jpg"] = BUSY
    log.append([shows(shop, "a.jpg")])
    fetch_all()
    shop.answers["/a.jpg"] = ok(FIRST)
    make_due()
    fetch_all()
    one = Snapshot.objects.get()
    assert (one.state, one.fault, one.problem) == (SnapshotState.KEPT, "", "")


def test_a_server_that_stalls_holds_nobody_up(shop: Server) -> None:
    shop.answers["/slow.jpg"] = stalls(shop)
    log.append([shows(shop, "slow.jpg", "a.jpg")])
    fetch_all(impatient(0.3))
    slow, good = Snapshot.objects.order_by("position")
    assert (slow.state, slow.fault) == (SnapshotState.PENDING, "too_slow")
    assert good.state == SnapshotState.KEPT


@pytest.mark.usefixtures("generation")
def test_scoring_waits_for_pictures_and_goes_on(shop: Server) -> None:
    log.append([shows(shop, "a.jpg"), shows(shop, number=2)])
    assert work() == 1, "the one without pictures need not wait"
    assert work() == 0
    fetch_all()
    assert work() == 1
    assert Score.objects.count() == 2


@pytest.mark.usefixtures("generation")
def test_scoring_goes_on_without_pictures_that_take_too_long(
    shop: Server, settings: Settings, tmp_path: Path
) -> None:
    log.append([shows(shop, "a.jpg")])
    assert work() == 0
    ListingVersion.objects.update(received_at=timezone.now() - timedelta(seconds=11))
    assert work() == 1
    keep_from(settings, shop, tmp_path, image_wait_seconds=0)
    log.append([shows(shop, "a.jpg", number=2)])
    assert work() == 1
    fetch_all()
    assert set(Snapshot.objects.values_list("state", flat=True)) == {SnapshotState.KEPT}


def test_two_fetchers_take_different_pictures_and_a_lost_lease_is_taken_up(shop: Server) -> None:
    log.append([shows(shop, "a.jpg", "a.jpg", "a.jpg")])
    first, second = lease(2), lease(2)
    assert [len(first), len(second), len(lease(2))] == [2, 1, 0]
    make_due()
    again = lease(3)
    assert [one.attempts for one in again] == [2, 2, 2]
    fetch_all()
    assert Snapshot.objects.filter(state=SnapshotState.PENDING).count() == 3, "they are leased"


def test_what_kills_whoever_opens_it_is_not_opened_for_ever(shop: Server) -> None:
    log.append([shows(shop, "a.jpg")])
    for _ in range(MOST_ATTEMPTS):
        assert len(lease(1)) == 1
        make_due()
    assert lease(1) == []
    one = Snapshot.objects.get()
    assert (one.state, one.fault) == (SnapshotState.GAVE_UP, "broken_off")


def test_whoever_comes_late_changes_nothing(shop: Server) -> None:
    log.append([shows(shop, "a.jpg")])
    (late,) = lease(1)
    make_due()
    fetch_all()
    assert settle([(late, FailedFetch("refused", "answered 404"))]) == 0
    assert Snapshot.objects.get().state == SnapshotState.KEPT


def test_the_database_refuses_to_change_what_is_settled(shop: Server) -> None:
    log.append([shows(shop, "a.jpg", "b.jpg")])
    shop.answers["/b.jpg"] = BUSY
    fetch_all()
    kept = Snapshot.objects.filter(state=SnapshotState.KEPT)
    for change in (lambda: kept.update(url="x"), lambda: kept._raw_delete("default")):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()
    assert Snapshot.objects.filter(state=SnapshotState.PENDING).update(attempts=0) == 1


def test_a_disk_that_cannot_be_written_to_counts_against_no_picture(
    shop: Server, tmp_path: Path
) -> None:
    (tmp_path / "media").write_text("a file where a folder should be")
    log.append([shows(shop, "a.jpg")])
    fetch_all()
    one = Snapshot.objects.get()
    assert (one.state, one.fault, one.attempts) == (SnapshotState.PENDING, "storage", 0)
    (tmp_path / "media").unlink()
    make_due()
    fetch_all()
    assert Snapshot.objects.get().state == SnapshotState.KEPT


def test_what_is_damaged_is_left_out_and_told(
    shop: Server, caplog: pytest.LogCaptureFixture
) -> None:
    shop.answers["/b.jpg"] = ok(SECOND)
    shop.answers["/c.jpg"] = ok(encoded(scene(3, 120, 160)))
    one = shows(shop, "a.jpg", "b.jpg", "c.jpg")
    log.append([one])
    fetch_all()
    names = list(Snapshot.objects.order_by("position").values_list("picture_id", flat=True))
    store().path(names[0]).write_bytes(b"changed")
    store().path(names[1]).unlink()
    assert [found.sha256 for found in StoredPictures([one]).of(one)] == names[2:]
    assert names[0] in caplog.text
    assert names[1] in caplog.text


def test_a_batch_takes_one_query(shop: Server, django_assert_num_queries: object) -> None:
    rows = [shows(shop, "a.jpg", number=n) for n in range(5)]
    log.append(rows)
    fetch_all()
    with django_assert_num_queries(1):  # type: ignore[operator]
        kept = StoredPictures(rows)
        assert [len(kept.of(one)) for one in rows] == [1] * 5


def change_of(server: Mimawari, statement: str) -> None:
    """Change the store of a server that does not run."""
    if server.url.startswith("sqlite"):
        with sqlite3.connect(server.url.removeprefix("sqlite:///")) as connection:
            connection.execute(statement)
        connection.close()
    else:
        with psycopg.connect(server.url) as connection:
            connection.execute(statement.encode())


def test_a_kill_while_a_picture_comes_loses_nothing(tmp_path: Path) -> None:
    with serving() as shop, new_server(tmp_path) as server:
        server.environ |= {
            "MIMAWARI_IMAGE_ORIGINS": shop.base,
            "MIMAWARI_IMAGE_PRIVATE_NETWORKS": "127.0.0.1/32",
            "MIMAWARI_IMAGE_WAIT_SECONDS": "600",
        }
        said = server.command("topics", "install-starter", "--only", "weapons")
        assert said.returncode == 0, said.stderr
        key = new_key(server)
        shop.answers["/a.jpg"] = stalls(shop)
        server.start()
        body = {"id": "L1", "version": 1, "seller_id": "s", "title": "a cup"}
        with server.client(key) as client:
            urls = [f"{shop.base}/a.jpg"]
            answer = client.post("/api/v1/listings", json={**body, "image_urls": urls})
            assert answer.status_code == 202
        wait(lambda: len(shop.requests) == 1, 30)
        server.kill()
        change_of(server, "UPDATE media_snapshot SET due_at = '2026-01-01 00:00:00+00'")
        shop.answers["/a.jpg"] = ok(FIRST)
        server.start()
        server.drained()
        with server.client(key) as client:
            (version,) = client.get("/api/v1/listings/L1").json()["versions"]
            assert version["state"] == "scored"
            assert [one["state"] for one in version["pictures"]] == ["kept"]
            assert 'mimawari_pictures_total{outcome="kept"} 1.0' in client.get("/metrics").text
        (name,) = [p for p in (tmp_path / "media").rglob("*") if p.is_file()]
        assert name.read_bytes() == FIRST
