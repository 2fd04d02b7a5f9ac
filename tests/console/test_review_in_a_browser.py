"""A moderator's work in Chromium: log in, decide by keys, undo; hostile text stays text."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer
from tests.service.conftest import TOPIC

from mimawari.listings.listing import Listing
from mimawari.service.intake import log
from mimawari.service.ops.commands import activate_topic_files
from mimawari.service.review.models import Alert, AlertState, Decision
from mimawari.service.worker import Worker

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
PASSWORD = "a long password of the tests"
HOSTILE = "pistol <script>document.title='owned'</script><img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # Playwright runs an event loop in this thread; the ORM may be used all the same.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        yield found
        found.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def alerts(tmp_path: Path) -> int:
    """Put a sensitive and an ordinary topic in force, with four alerts waiting."""
    paths = []
    for topic, word, head in (("weapons", "pistol", ""), ("adult", "nude", "sensitive = true\n")):
        paths.append(tmp_path / f"{topic}.toml")
        text = TOPIC.format(topic=topic, word=word, capacity=5)
        paths[-1].write_text(text.replace("[title]", f"{head}[title]", 1), "utf-8")
    activate_topic_files(paths, "tests", "set-up")
    titles = ["first pistol", "second P-I-S-T-O-L", HOSTILE, "nude \u202epicture"]
    listings = [
        Listing(
            id=f"L{i}",
            version=1,
            seller_id="s",
            title=title,
            description="<b>bold</b>",
            brand="<i>brand</i>",
            image_urls=("https://evil.example/a.jpg",),
        )
        for i, title in enumerate(titles)
    ]
    log.append(listings)
    Worker().run_once()
    return len(titles)


@pytest.fixture
def moderator(
    browser: Browser, live_server: LiveServer
) -> Iterator[Callable[[str], tuple[Page, list[str]]]]:
    """Give a maker of logged-in pages, each with what its browser complained about."""
    contexts: list[BrowserContext] = []

    def log_in(name: str) -> tuple[Page, list[str]]:
        get_user_model().objects.create_user(name, password=PASSWORD)
        contexts.append(browser.new_context())
        page, complaints = contexts[-1].new_page(), []
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        page.on("dialog", lambda d: complaints.append(f"dialog {d.message}"))
        page.goto(f"{live_server.url}/")
        page.fill("input[name=username]", name)
        page.fill("input[name=password]", PASSWORD)
        page.click("main button")
        expect(page.locator("h1")).to_have_text("Alerts to review")
        return page, complaints

    yield log_in
    for context in contexts:
        context.close()


def shown(page: Page) -> str:
    return str(page.locator("[data-alert]").get_attribute("data-alert"))


def test_keys_decide_and_the_next_item_is_there(
    alerts: int, moderator: Callable[..., tuple[Page, list[str]]], live_server: LiveServer
) -> None:
    page, complaints = moderator("anna")
    page.goto(f"{live_server.url}/review")
    seen = []
    for key in "vncv":
        seen.append(shown(page))
        page.keyboard.press(key)
        expect(page.locator(f"[data-alert='{seen[-1]}']")).to_have_count(0)
    expect(page.locator("h1")).to_have_text("Nothing left to review")
    expect(page.locator("#decided")).to_have_text("4")
    expect(page.locator("[data-review]")).to_have_attribute("data-unsaved", "0")
    verdicts = list(Decision.objects.order_by("id").values_list("verdict", flat=True))
    assert sorted(verdicts) == ["cannot_tell", "does_not_violate", "violates", "violates"]
    assert len(set(seen)) == alerts
    assert not [c for c in complaints if "favicon" not in c and "404" not in c]


def test_undo_brings_the_last_item_back(
    alerts: int, moderator: Callable[..., tuple[Page, list[str]]], live_server: LiveServer
) -> None:
    page, _ = moderator("anna")
    page.goto(f"{live_server.url}/review")
    first = shown(page)
    page.keyboard.press("v")
    expect(page.locator(f"[data-alert='{first}']")).to_have_count(0)
    page.keyboard.press("u")
    expect(page.locator(f"[data-alert='{first}']")).to_have_count(1)
    assert Alert.objects.get(pk=first).state == AlertState.OPEN
    verdicts = list(Decision.objects.order_by("id").values_list("verdict", flat=True))
    assert verdicts == ["violates", "undone"]


def test_two_moderators_never_see_the_same_item(
    alerts: int, moderator: Callable[..., tuple[Page, list[str]]], live_server: LiveServer
) -> None:
    pages = [moderator(name)[0] for name in ("anna", "ben")]
    seen = []
    for page in pages:
        page.goto(f"{live_server.url}/review")
        page.wait_for_load_state("networkidle")
        seen.append(shown(page))
    for page in pages:
        first = shown(page)
        page.keyboard.press("n")
        expect(page.locator(f"[data-alert='{first}']")).to_have_count(0)
        seen.append(shown(page))
    assert len(set(seen)) == alerts


def test_hostile_text_is_shown_as_text_and_marked(
    alerts: int, moderator: Callable[..., tuple[Page, list[str]]], live_server: LiveServer
) -> None:
    page, complaints = moderator("anna")
    page.goto(f"{live_server.url}/review?topic=weapons")
    texts = []
    for _ in range(3):
        texts.append(page.locator("article h1").inner_text())
        assert page.locator("article mark.rule").count() >= 1
        assert page.locator("article section.card b, article script").count() == 0
        expect(page.locator(".absent bdi").first).to_have_text("evil.example")
        alert = shown(page)
        page.keyboard.press("n")
        expect(page.locator(f"[data-alert='{alert}']")).to_have_count(0)
    assert HOSTILE in texts
    assert "owned" not in page.title()
    assert not [c for c in complaints if "favicon" not in c and "404" not in c]


def test_the_console_speaks_japanese_and_shows_hidden_characters(
    alerts: int, moderator: Callable[..., tuple[Page, list[str]]], live_server: LiveServer
) -> None:
    page, _ = moderator("anna")
    page.click("button[value=ja]")
    expect(page.locator("h1")).to_have_text("確認待ちのアラート")
    page.goto(f"{live_server.url}/review?topic=adult")
    expect(page.locator("article mark.hidden").first).to_have_text("U+202E")
    page.goto(f"{live_server.url}/listing?id=L3")
    expect(page.locator("section.card h2")).to_have_count(1)
