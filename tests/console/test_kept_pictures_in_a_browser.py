"""What Chromium shows of kept pictures: our copy, not what the seller's server says by now."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer
from tests.acting import TESTS
from tests.console.conftest import LogIn, decide, in_menu
from tests.media.drawn import encoded, picture, scene
from tests.media.servers import Server, ok, says, serving
from tests.service.picture_service import fetch_all, keep_from, shows
from tests.service.working import work

from mimawari.detectors.banks import Verdict, add, entry_of
from mimawari.listings.disguises.picture import draw
from mimawari.service.intake import log
from mimawari.service.media.models import Snapshot
from mimawari.service.media.reading import Reader
from mimawari.service.releases.activating_banks import activate_bank

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MISSING = says(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")


@pytest.fixture
def shop(settings: Settings, tmp_path: Path) -> Iterator[Server]:
    with serving() as server:
        keep_from(settings, server, tmp_path / "state")
        policy = copy.deepcopy(settings.CONTENT_SECURITY_POLICY)
        policy["DIRECTIVES"]["img-src"].append(server.base)  # as the settings' file does
        settings.CONTENT_SECURITY_POLICY = policy
        server.answers["/gun.png"] = ok(encoded(scene(1, 240, 320)))
        server.answers["/gone.png"] = MISSING
        yield server


@pytest.fixture
def waiting(alerts: int, shop: Server, tmp_path: Path) -> Server:
    """Put a listing of each topic before moderators, then let the server lie."""
    bank = tmp_path / "known.jsonl"
    at = datetime(2026, 1, 31, tzinfo=UTC)
    add(bank, [entry_of(picture(1), "weapons", Verdict.BAD, "ann", at, "case 17")])
    activate_bank(bank, TESTS, "set-up", 0.99)
    title = "a nude pistol"
    log.append([shows(shop, "gun.png", "gone.png", number=8, title=title)])
    log.append([shows(shop, "gun.png", number=n, title="a cup") for n in (21, 22)])
    fetch_all()
    work()
    shop.answers["/gun.png"] = ok(encoded(scene(2, 30, 40)))
    return shop


def open_item(page: Page, base: str, topic: str, title: str = "a nude pistol") -> None:
    """Go on to the listing of a title, L8 by default."""
    page.goto(f"{base}/review?topic={topic}")
    while page.locator("article h1").inner_text() != title:
        before = str(page.locator("[data-alert]").get_attribute("data-alert"))
        decide(page, "s")
        expect(page.locator(f"[data-alert='{before}']")).to_have_count(0)


def test_the_own_copy_is_shown_with_what_is_known_of_it(
    waiting: Server, moderator: LogIn, live_server: LiveServer
) -> None:
    page, complaints = moderator("anna")
    open_item(page, live_server.url, "weapons")
    kept = Snapshot.objects.filter(listing_version__listing_id="L8").exclude(picture=None).get()
    image = page.locator(".pictures img").first
    expect(image).to_have_attribute("src", f"/media/{kept.picture_id}")
    expect(image).to_have_js_property("complete", True)
    assert image.evaluate("e => [e.naturalWidth, e.naturalHeight]") == [320, 240]
    captions = page.locator(".pictures figcaption")
    expect(captions).to_have_count(2)
    expect(captions.nth(0)).to_contain_text("Same image at 2 other sellers: L22 L21")
    expect(captions.nth(1)).to_have_text("Not kept: the server refused it")
    known = page.locator("aside li", has_text="known")
    expect(known).to_contain_text("image 1 is nearly a known one (0 of 256 bits differ) · case 17")
    expect(page.locator(".pictures img").nth(1)).to_have_attribute(
        "src", f"{waiting.base}/gone.png"
    )
    assert all("404" in text for text in complaints), complaints


def test_japanese_moderators_read_it_too(
    waiting: Server, moderator: LogIn, live_server: LiveServer
) -> None:
    page, _ = moderator("anna")
    in_menu(page, "button[value=ja]")
    open_item(page, live_server.url, "weapons")
    captions = page.locator(".pictures figcaption")
    expect(captions.nth(0)).to_contain_text("同じ画像が他の出品者 2 人にあります")
    expect(captions.nth(1)).to_have_text("保存できませんでした：サーバーに拒否されました")


def test_own_copies_of_a_sensitive_topic_stay_covered_until_asked_for(
    waiting: Server, moderator: LogIn, live_server: LiveServer
) -> None:
    page, _ = moderator("anna")
    open_item(page, live_server.url, "adult")
    image = page.locator(".pictures img").first
    assert "blur" in str(image.evaluate("e => getComputedStyle(e).filter"))
    page.keyboard.press("i")
    assert image.evaluate("e => getComputedStyle(e).filter") == "none"


def test_text_that_was_read_in_a_picture_is_shown_and_marked(
    alerts: int,
    shop: Server,
    settings: Settings,
    moderator: LogIn,
    live_server: LiveServer,
    tmp_path: Path,
) -> None:
    pytest.importorskip("rapidocr", reason="the extra ocr is not installed")
    settings.CONFIG = msgspec.structs.replace(settings.CONFIG, image_text=True)
    shop.answers["/note.png"] = ok(draw("<b>pistol</b> for sale, new in its box, call 555 0199"))
    log.append([shows(shop, "note.png", number=9, title="see picture", description="DM me")])
    fetch_all()
    reader = Reader()
    while reader.turn():
        continue
    work()
    page, complaints = moderator("anna")
    open_item(page, live_server.url, "weapons", "see picture")
    expect(page.locator("article h2").first).to_have_text("Text in the images")
    read = page.locator("article .seller-text").nth(2)
    expect(read).to_contain_text("for sale")
    expect(read.locator("mark.rule")).to_have_text("pistol")
    expect(read.locator("b")).to_have_count(0)  # what a picture says is escaped, too
    assert not complaints
