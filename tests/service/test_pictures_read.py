"""The text in kept pictures: read once, waited for, scored, and kept with the score."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from bench.server import wait
from django.utils import timezone, translation
from pytest_django.fixtures import Settings
from tests.media.drawn import encoded, scene
from tests.media.servers import Server, ok, serving
from tests.service.conftest import new_key, new_server
from tests.service.picture_service import fetch_all, keep_from, shows
from tests.service.working import work

from mimawari.listings.disguises.picture import draw
from mimawari.service.admission.models import Alert
from mimawari.service.console.item import build_item
from mimawari.service.intake import log
from mimawari.service.intake.models import ListingVersion
from mimawari.service.intake.scored import as_scored
from mimawari.service.intake.stream import DatabaseStream
from mimawari.service.media.models import Picture, Snapshot
from mimawari.service.media.new_versions import ready
from mimawari.service.media.pictures import picture_texts, store
from mimawari.service.media.reading import LEASE, Reader, take
from mimawari.service.project.config import load
from mimawari.service.review.blind_item import blind_item
from mimawari.service.review.listing_history import history_of
from mimawari.service.scoring.models import Score

pytest.importorskip("rapidocr", reason="the extra ocr is not installed")
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("generation")]


@pytest.fixture
def shop(settings: Settings, tmp_path: Path) -> Iterator[Server]:
    with serving() as server:
        keep_from(settings, server, tmp_path / "state", image_text=True)
        server.answers["/gun.png"] = ok(draw("a pistol, call 555 0199"))
        server.answers["/weed.png"] = ok(draw("weed"))
        server.answers["/cup.png"] = ok(encoded(scene(1, 120, 160)))
        yield server


def read_all() -> int:
    """Read what waits; gives how many pictures that were."""
    reader, count = Reader(), 0
    while reader.turn():
        count += 1
    return count


def hits() -> dict[str, list[str]]:
    rows = Score.objects.select_related("listing_version")
    return {one.listing_version.listing_id: one.rule_hits for one in rows}


def test_a_word_in_a_picture_is_waited_for_alerted_and_explained(shop: Server) -> None:
    log.append([shows(shop, "cup.png", "gun.png", title="see picture")])
    fetch_all()
    assert not DatabaseStream(ready).fetch(10, 0.0), "scored before it was read"
    assert read_all() == 2
    work()
    assert hits() == {"L1": ["weapons/word"]}
    score = Score.objects.get()
    assert score.picture_text.split() == ["a", "pistol,", "call", "555", "0199"]
    history = history_of("L1")
    assert history is not None
    assert history.versions[0].score is not None
    assert history.versions[0].score.picture_text == score.picture_text
    with translation.override("en"):
        item = build_item(Alert.objects.get())
    marked = {piece.kind: piece.text for piece in item.marked.picture_text}
    assert marked["rule"] == "pistol"
    assert [piece.text for piece in item.marked.title] == ["see picture"]
    seen = blind_item(Alert.objects.get())
    (span,) = seen.marks
    assert seen.listing.text[span.start : span.end] == "pistol"


def test_a_picture_is_read_once_whoever_shows_it(shop: Server) -> None:
    log.append([shows(shop, "gun.png", "gun.png", number=n) for n in (1, 2)])
    fetch_all()
    assert read_all() == 1
    work()
    log.append([shows(shop, "gun.png", number=3)])
    fetch_all()
    assert read_all() == 0
    work()
    assert hits() == {name: ["weapons/word"] for name in ("L1", "L2", "L3")}
    assert len(set(Score.objects.values_list("picture_text", flat=True))) == 1


def test_what_the_marketplace_read_itself_stands_in_front(shop: Server) -> None:
    log.append([shows(shop, "weed.png", picture_text="pistol")])
    fetch_all()
    read_all()
    work()
    assert sorted(hits()["L1"]) == ["drugs/word", "weapons/word"]
    version = ListingVersion.objects.get()
    assert as_scored(version).picture_text == "pistol\nweed"
    assert version.score.picture_text == "weed"


def test_a_text_that_comes_late_changes_nothing(shop: Server, settings: Settings) -> None:
    log.append([shows(shop, "gun.png", title="a weed")])
    fetch_all()
    long_ago = timezone.now() - timedelta(seconds=settings.CONFIG.image_wait_seconds + 1)
    ListingVersion.objects.update(received_at=long_ago)
    work()
    assert read_all() == 0, "nobody waits for it any more"
    Picture.objects.update(text="a pistol")
    assert hits() == {"L1": ["drugs/word"]}
    with translation.override("en"):
        item = build_item(Alert.objects.get())
    assert item.marked.picture_text == ()
    assert as_scored(ListingVersion.objects.get()).picture_text == ""


def test_a_picture_that_is_gone_or_damaged_reads_as_nothing(
    shop: Server, caplog: pytest.LogCaptureFixture
) -> None:
    log.append([shows(shop, "gun.png", "weed.png")])
    fetch_all()
    first, second = Snapshot.objects.order_by("position").values_list("picture_id", flat=True)
    store().path(first).write_bytes(b"changed")
    store().path(second).unlink()
    assert read_all() == 2
    assert first in caplog.text
    work()
    assert hits() == {"L1": []}


def test_two_readers_take_different_pictures_and_a_broken_off_one_is_read_again(
    shop: Server,
) -> None:
    log.append([shows(shop, "gun.png", "weed.png")])
    fetch_all()
    first, second = take(), take()
    assert first
    assert second
    assert first.pk != second.pk
    assert take() is None
    Picture.objects.filter(pk=first.pk).update(read_from=timezone.now() - 2 * LEASE)
    again = take()
    assert again is not None
    assert again.pk == first.pk


def test_nothing_is_waited_for_or_taken_while_it_is_off(
    shop: Server, settings: Settings, tmp_path: Path
) -> None:
    log.append([shows(shop, "gun.png")])
    fetch_all()
    read_all()
    keep_from(settings, shop, tmp_path / "state", image_text=False)
    assert len(DatabaseStream(ready).fetch(10, 0.0)) == 1
    work()
    assert hits() == {"L1": []}


def test_a_listing_with_much_print_is_cut(shop: Server) -> None:
    log.append([shows(shop, "gun.png", "weed.png")])
    fetch_all()
    for letter, picture in zip("ab", Picture.objects.order_by("sha256"), strict=True):
        Picture.objects.filter(pk=picture.pk).update(text=letter * 1_500)
    (version,) = ListingVersion.objects.values_list("pk", flat=True)
    text = picture_texts([version])[version]
    assert len(text) == 2_000
    assert {*text} == {"a", "b", "\n"}


def test_a_payload_from_before_a_field_was_added_is_the_same_listing(shop: Server) -> None:
    one = shows(shop, title="a cup")
    log.append([one])
    version = ListingVersion.objects.get()
    before = msgspec.json.decode(version.payload)
    del before["picture_text"]
    ListingVersion.objects.update(payload=msgspec.json.encode(before).decode())
    changed = msgspec.structs.replace(one, title="a mug")
    assert log.append([one, changed]) == [log.DUPLICATE, log.CONFLICT]


def test_a_whole_server_reads_what_a_seller_hid_in_a_picture(tmp_path: Path) -> None:
    with serving() as shop, new_server(tmp_path) as server:
        server.environ |= {
            "MIMAWARI_IMAGE_ORIGINS": shop.base,
            "MIMAWARI_IMAGE_PRIVATE_NETWORKS": "127.0.0.1/32",
            "MIMAWARI_IMAGE_WAIT_SECONDS": "600",
            "MIMAWARI_IMAGE_TEXT": "true",
        }
        assert load(dict(server.environ)).image_text
        said = server.command("topics", "install-starter", "--only", "weapons")
        assert said.returncode == 0, said.stderr
        key = new_key(server)
        shop.answers["/a.png"] = ok(draw("Glock pistol, new"))
        server.start()
        body = {"id": "L1", "version": 1, "seller_id": "s", "title": "see picture"}
        with server.client(key) as client:
            urls = [f"{shop.base}/a.png"]
            answer = client.post("/api/v1/listings", json={**body, "image_urls": urls})
            assert answer.status_code == 202
            wait(lambda: client.get("/api/v1/listings/L1").json()["versions"][0]["score"], 60)
            (version,) = client.get("/api/v1/listings/L1").json()["versions"]
            assert "pistol" in version["score"]["picture_text"].lower()
            assert version["score"]["topics"]["weapons"]["rules"]
            assert "mimawari_picture_reading_seconds_count 1.0" in client.get("/metrics").text
