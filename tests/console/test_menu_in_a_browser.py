"""The menu of pages: all of it within reach, on a desk and on a phone, in both languages."""

from __future__ import annotations

from itertools import product

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer
from tests.acting import TESTS
from tests.console.conftest import LogIn

from mimawari.service.accounts import roles

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
# Phones, a tablet, a small desk, and the narrowest on which the pages stand beside each other.
WIDTHS = (320, 390, 768, 1120, 1360)
WITHIN = """(links) => links.filter((link) => {
  const box = link.getBoundingClientRect(), menu = link.parentElement.getBoundingClientRect();
  const left = Math.max(0, menu.left), right = Math.min(innerWidth, menu.right);
  return box.left < left || box.right > right || box.bottom > innerHeight || !box.width;
}).map((link) => link.textContent)"""


def open_menu(page: Page) -> None:
    button = page.locator(".bar .pages")
    if button.is_visible():
        button.click()


def test_every_page_of_the_menu_is_within_reach(moderator: LogIn, live_server: LiveServer) -> None:
    page, _ = moderator("anna")
    roles.change("anna", "admin", TESTS)
    axe, broken = Axe(), []
    for language, width in product(("en", "ja"), WIDTHS):
        page.context.set_extra_http_headers({"Accept-Language": language})
        page.set_viewport_size({"width": width, "height": 700})
        page.goto(f"{live_server.url}/topics")
        open_menu(page)
        links = page.locator(".bar nav a")
        assert links.count() >= 9
        assert links.evaluate_all(WITHIN) == [], (language, width)
        broken += [(language, width, r["id"]) for r in axe.run(page).response["violations"]]
    assert broken == []


def test_on_a_phone_the_menu_opens_leads_on_and_closes(
    moderator: LogIn, live_server: LiveServer
) -> None:
    page, complaints = moderator("anna")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{live_server.url}/topics")
    menu = page.locator(".bar nav")
    expect(menu).to_be_hidden()
    page.locator(".bar .pages").focus()
    page.keyboard.press("Enter")
    expect(menu).to_be_visible()
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    page.locator(".bar .pages").click()
    menu.locator("a", has_text="Search").click()
    expect(page.locator("h1")).to_have_text("Search")
    expect(menu).to_be_hidden()
    assert complaints == []
