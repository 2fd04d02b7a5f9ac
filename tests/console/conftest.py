"""Chromium, alerts that wait, and moderators who are logged in."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from bench.word_topic import TOPIC
from django.contrib.auth import get_user_model
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer
from tests.acting import TESTS
from tests.service.conftest import generation, topic_file
from tests.service.working import work

from mimawari.listings.listing import Listing
from mimawari.service.intake import log
from mimawari.service.releases.activating import activate_topic_files

__all__ = ["generation", "topic_file"]  # fixtures for the tests of this folder
expect.set_options(timeout=30_000)  # milliseconds; a busy machine is no failure
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
PASSWORD = "a long password of the tests"
LogIn = Callable[..., tuple[Page, list[str]]]
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
    activate_topic_files(paths, TESTS, "set-up")
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
    work()
    return len(titles)


@pytest.fixture
def moderator(browser: Browser, live_server: LiveServer) -> Iterator[LogIn]:
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
    """Give the number of the alert on the screen."""
    return str(page.locator("[data-alert]").get_attribute("data-alert"))


def seen(page: Page) -> str:
    """Give the number of the alert on the screen once it can be seen."""
    expect(page.locator("#current")).to_have_attribute("data-seen", "")
    return shown(page)


def settled(page: Page) -> str:
    """Give the alert on the screen once the page has asked for all that it asks by itself.

    What it asks for later would learn first that a log-in is over, and the page then takes no
    press any more: the seller is asked for only after a while, so a quiet network is not enough.
    """
    page.wait_for_load_state("networkidle")
    expect(page.locator("[data-seller] [data-part]").first).to_be_attached()
    return seen(page)


def decide(page: Page, key: str) -> None:
    """Press a key once the item on the screen can be seen: before, it would count for nothing."""
    seen(page)
    page.keyboard.press(key)


def in_menu(page: Page, what: str) -> None:
    """Click what is in the menu of language and account."""
    page.click("header .menu summary")
    page.click(f"header .menu {what}")
