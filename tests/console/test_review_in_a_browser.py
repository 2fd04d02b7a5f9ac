"""A moderator's work in Chromium: log in, decide by keys, undo; hostile text stays text."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer
from tests.console.conftest import HOSTILE, LogIn, decide, in_menu, shown

from mimawari.service.admission.models import Alert, AlertState
from mimawari.service.review.models import Decision

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_keys_decide_and_the_next_item_is_there(
    alerts: int, moderator: LogIn, live_server: LiveServer
) -> None:
    page, complaints = moderator("anna")
    page.goto(f"{live_server.url}/review")
    seen = []
    for key in "vncv":
        seen.append(shown(page))
        decide(page, key)
        expect(page.locator(f"[data-alert='{seen[-1]}']")).to_have_count(0)
    expect(page.locator("h1")).to_have_text("Nothing left to review")
    expect(page.locator("#decided")).to_have_text("4")
    expect(page.locator("[data-review]")).to_have_attribute("data-unsaved", "0")
    verdicts = list(Decision.objects.order_by("id").values_list("verdict", flat=True))
    assert sorted(verdicts) == ["cannot_tell", "does_not_violate", "violates", "violates"]
    assert len(set(seen)) == alerts
    assert complaints == []


def test_undo_brings_the_last_item_back(
    alerts: int, moderator: LogIn, live_server: LiveServer
) -> None:
    page, _ = moderator("anna")
    page.goto(f"{live_server.url}/review")
    first = shown(page)
    decide(page, "v")
    expect(page.locator(f"[data-alert='{first}']")).to_have_count(0)
    page.keyboard.press("u")
    expect(page.locator(f"[data-alert='{first}']")).to_have_count(1)
    assert Alert.objects.get(pk=first).state == AlertState.OPEN
    verdicts = list(Decision.objects.order_by("id").values_list("verdict", flat=True))
    assert verdicts == ["violates", "undone"]


def test_two_moderators_never_see_the_same_item(
    alerts: int, moderator: LogIn, live_server: LiveServer
) -> None:
    pages = [moderator(name)[0] for name in ("anna", "ben")]
    seen = []
    for page in pages:
        page.goto(f"{live_server.url}/review")
        page.wait_for_load_state("networkidle")
        seen.append(shown(page))
    for page in pages:
        first = shown(page)
        decide(page, "n")
        expect(page.locator(f"[data-alert='{first}']")).to_have_count(0)
        seen.append(shown(page))
    assert len(set(seen)) == alerts


def test_hostile_text_is_shown_as_text_and_marked(
    alerts: int, moderator: LogIn, live_server: LiveServer
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
        decide(page, "n")
        expect(page.locator(f"[data-alert='{alert}']")).to_have_count(0)
    assert HOSTILE in texts
    assert "owned" not in page.title()
    assert complaints == []


def test_the_console_speaks_japanese_and_shows_hidden_characters(
    alerts: int, moderator: LogIn, live_server: LiveServer
) -> None:
    page, _ = moderator("anna")
    in_menu(page, "button[value=ja]")
    expect(page.locator("h1")).to_have_text("確認待ちのアラート")
    page.goto(f"{live_server.url}/review?topic=adult")
    expect(page.locator("article mark.hidden").first).to_have_text("U+202E")
    page.goto(f"{live_server.url}/listing?id=L3")
    expect(page.locator("section.card h2")).to_have_count(1)
