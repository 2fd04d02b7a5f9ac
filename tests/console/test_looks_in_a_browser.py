"""What Chromium paints: covered pictures, no sideways scrolling, focus, readable colours."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer
from tests.console.conftest import LogIn, decide, in_menu, shown
from tests.service.working import work

import mimawari.service.console
from mimawari.listings.listing import Listing
from mimawari.service.intake import log

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
STYLE = Path(mimawari.service.console.__file__).parent / "static" / "console" / "console.css"
LONG = "nude" + "pistol" * 40


def put(url: str) -> None:
    """Put a listing before moderators: a very long word, and a picture."""
    log.append(
        [
            Listing(
                id="X" * 100,
                version=1,
                seller_id="S" * 100,
                title=f"nude pistol {LONG}"[:200],
                description=f"nude pistol {LONG * 3}",
                attributes={"A" * 60: "B" * 200},
                category=("C" * 60, "D" * 60),
                image_urls=(f"{url}/static/console/favicon.svg", f"https://{'e' * 60}.example/a"),
            )
        ]
    )
    work()


def filter_of(page: Page) -> str:
    return str(page.locator(".pictures img").evaluate("e => getComputedStyle(e).filter"))


def test_pictures_of_a_sensitive_topic_stay_covered_until_asked_for(
    alerts: int, moderator: LogIn, live_server: LiveServer, settings: Settings
) -> None:
    shows = {"image_origins": (live_server.url,), "image_wait_seconds": 0}
    settings.CONFIG = msgspec.structs.replace(settings.CONFIG, **shows)
    put(live_server.url)
    page, complaints = moderator("anna")
    page.goto(f"{live_server.url}/review?topic=adult")
    while page.locator(".pictures img").count() == 0:
        before = shown(page)
        decide(page, "n")
        expect(page.locator(f"[data-alert='{before}']")).to_have_count(0)
    picture = page.locator(".pictures img")
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("e => e.naturalWidth") > 0
    assert "blur" in filter_of(page)
    assert "grayscale" in filter_of(page)
    page.keyboard.press("i")
    assert filter_of(page) == "none"
    page.keyboard.press("i")
    page.locator("button.sensitive").focus()
    page.keyboard.press("Enter")
    assert filter_of(page) == "none"
    assert complaints == []


def test_the_next_item_is_covered_again(
    alerts: int, moderator: LogIn, live_server: LiveServer, settings: Settings
) -> None:
    shows = {"image_origins": (live_server.url,), "image_wait_seconds": 0}
    settings.CONFIG = msgspec.structs.replace(settings.CONFIG, **shows)
    put(live_server.url)
    page, _ = moderator("anna")
    page.goto(f"{live_server.url}/review?topic=weapons")
    while page.locator(".pictures img").count() == 0:
        before = shown(page)
        decide(page, "n")
        expect(page.locator(f"[data-alert='{before}']")).to_have_count(0)
    assert filter_of(page) == "none"  # weapons are not sensitive
    assert page.locator("[data-action=reveal]").count() == 0


@pytest.mark.parametrize(("width", "language"), list(product([320, 800, 1280], ["en", "ja"])))
def test_no_page_scrolls_sideways(
    width: int, language: str, alerts: int, moderator: LogIn, live_server: LiveServer
) -> None:
    put(live_server.url)
    page, _ = moderator("anna")
    page.set_viewport_size({"width": width, "height": 700})
    in_menu(page, f"button[value={language}]")
    page.goto(f"{live_server.url}/review?topic=weapons")
    for _ in range(4):
        assert _fits(page), page.locator("article h1").inner_text()
        before = shown(page)
        decide(page, "c")
        expect(page.locator(f"[data-alert='{before}']")).to_have_count(0)
    expect(page.locator("[data-review]")).to_have_attribute("data-unsaved", "0")
    for path in ("", "history", f"listing?id={'X' * 100}", "password", "nowhere"):
        page.goto(f"{live_server.url}/{path}")
        assert _fits(page), path


CUT = """(buttons) => buttons
  .filter((button) => button.scrollHeight > button.clientHeight + 1
    || button.scrollWidth > button.clientWidth + 1)
  .map((button) => button.textContent)"""


@pytest.mark.parametrize("language", ["en", "ja"])
def test_no_label_of_a_decision_is_cut(
    language: str, alerts: int, moderator: LogIn, live_server: LiveServer
) -> None:
    page, _ = moderator("anna")
    page.context.set_extra_http_headers({"Accept-Language": language})
    for width, height in ((360, 740), (390, 844), (800, 900), (1280, 900)):
        page.set_viewport_size({"width": width, "height": height})
        page.goto(f"{live_server.url}/review")
        shown(page)
        assert page.locator(".decide button").evaluate_all(CUT) == [], width


def _fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def test_the_keyboard_alone_is_enough(
    alerts: int, moderator: LogIn, live_server: LiveServer
) -> None:
    page, _ = moderator("anna")
    page.goto(f"{live_server.url}/review")
    page.keyboard.press("Tab")
    expect(page.locator(".skip-link")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    first = shown(page)
    page.keyboard.press("v")  # the dialog is open: nothing is decided
    page.keyboard.press("Escape")
    expect(page.locator("#help")).to_be_hidden()
    assert shown(page) == first
    decide(page, "v")
    expect(page.locator(f"[data-alert='{first}']")).to_have_count(0)
    expect(page.locator("article h1")).to_be_focused()


def test_every_control_has_a_name(alerts: int, moderator: LogIn, live_server: LiveServer) -> None:
    page, _ = moderator("anna")
    for path in ("", "review", "history", "listing", "password"):
        page.goto(f"{live_server.url}/{path}")
        controls = page.locator("a:visible, button:visible, input:visible, [role=img]:visible")
        for control in controls.all():
            assert NAME_OF(control.evaluate(NAME)), f"{path}: {control.evaluate('e=>e.outerHTML')}"
        assert page.locator("h1").count() == 1
        assert page.locator("html").get_attribute("lang") == "en"


NAME = """e => (e.getAttribute('aria-label') || e.innerText || e.placeholder ||
    [...(e.labels || [])].map(l => l.innerText).join(' ') || '').trim()"""
NAME_OF = bool


def colours(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{3,6})", block))


def luminance(colour: str) -> float:
    """Give the relative luminance of WCAG 2.2."""
    digits = colour[1:] if len(colour) == 7 else "".join(c * 2 for c in colour[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_contrast_is_that_of_the_standard() -> None:
    assert contrast("#fff", "#000000") == pytest.approx(21)
    assert contrast("#777", "#fff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_texts_and_borders_can_be_read(theme: int) -> None:
    roots = re.findall(r":root \{(.*?)\}", STYLE.read_text("utf-8"), re.S)
    seen = colours(roots[theme])
    texts = [
        *product(["ink"], ["page", "card", "rule", "word", "against", "hidden"]),
        *product(["soft", "accent", "bad"], ["page", "card"]),
        ("on-accent", "accent"),
    ]
    for text, ground in texts:
        assert contrast(seen[text], seen[ground]) >= 4.5, f"{text} on {ground}"
    for line, ground in product(["bad", "good", "unsure", "soft"], ["card"]):
        assert contrast(seen[line], seen[ground]) >= 3, f"{line} beside {ground}"
    for line, ground in [("bad", "rule"), ("unsure", "word"), ("good", "against")]:
        assert contrast(seen[line], seen[ground]) >= 3, f"{line} under {ground}"
