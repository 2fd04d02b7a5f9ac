"""When something goes wrong, nothing decided is lost and nothing is shown to two moderators."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer
from tests.console.conftest import PASSWORD, LogIn, decide, settled, shown

from mimawari.service.admission.models import Alert
from mimawari.service.review.models import Decision

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NOTICE, UNSAVED = "#save-notice", "#unsaved"


def lease_of(settings: Settings, seconds: int) -> None:
    settings.CONFIG = msgspec.structs.replace(settings.CONFIG, lease_seconds=seconds)


def wait_for_next(page: Page) -> None:
    """Wait until the item after the one on the screen is fetched."""
    page.wait_for_load_state("networkidle")


def test_a_session_that_ends_keeps_the_decision_until_the_next_log_in(
    alerts: int, moderator: LogIn, live_server: LiveServer
) -> None:
    page, _ = moderator("anna")
    page.goto(f"{live_server.url}/review?topic=weapons")
    first = settled(page)
    page.context.clear_cookies()
    decide(page, "v")
    expect(page.locator(NOTICE)).to_contain_text("You are logged out")
    assert not Decision.objects.exists()
    page.click(f"{NOTICE} a:visible")
    page.fill("input[name=username]", "anna")
    page.fill("input[name=password]", PASSWORD)
    page.click("main button")
    expect(page.locator(UNSAVED)).to_contain_text("before you logged in again")
    assert page.url.endswith("/review?topic=weapons")
    assert not Decision.objects.exists()
    page.click(f"{UNSAVED} >> button:text-is('Save it')")
    expect(page.locator("[data-review]")).to_have_attribute("data-unsaved", "0")
    expect(page.locator(UNSAVED)).to_be_hidden()
    expect(page.locator("#decided")).to_have_text("1")
    decision = Decision.objects.get()
    assert (str(decision.alert_id), decision.verdict) == (first, "violates")
    expect(page.locator(f"[data-alert='{first}']")).to_have_count(0)
    expect(page.locator("[data-alert]")).to_have_count(1)


def test_a_server_that_does_not_answer_is_told_and_tried_again(
    alerts: int, moderator: LogIn, live_server: LiveServer
) -> None:
    page, _ = moderator("anna")
    page.goto(f"{live_server.url}/review")
    wait_for_next(page)
    page.route("**/review/**", lambda route: route.abort())
    first = shown(page)
    decide(page, "n")
    expect(page.locator(f"[data-alert='{first}']")).to_have_count(0)
    expect(page.locator(NOTICE)).to_contain_text("Decisions not saved yet: 1.")
    decide(page, "n")
    expect(page.locator("#current")).to_have_attribute("aria-busy", "true")
    page.unroute("**/review/**")
    expect(page.locator("[data-review]")).to_have_attribute("data-unsaved", "0", timeout=20_000)
    expect(page.locator("#current[aria-busy]")).to_have_count(0)
    expect(page.locator(NOTICE)).to_be_hidden()
    assert Decision.objects.count() == 2


def test_an_item_left_alone_leaves_the_screen_before_another_moderator_gets_it(
    alerts: int, moderator: LogIn, live_server: LiveServer, settings: Settings
) -> None:
    lease_of(settings, 2)
    anna, _ = moderator("anna")
    ben, _ = moderator("ben")
    anna.goto(f"{live_server.url}/review")
    first = shown(anna)
    expect(anna.locator("h1")).to_have_text("You were away")
    anna.keyboard.press("v")  # decides nothing: there is no item on the screen
    Alert.objects.filter(leased_by__username="anna").update(leased_until=timezone.now())
    ben.goto(f"{live_server.url}/review")
    assert shown(ben) == first
    anna.keyboard.press("Enter")
    expect(anna.locator("[data-alert]")).to_have_count(1)
    assert shown(anna) != first
    assert not Decision.objects.exists()


def test_a_moderator_who_moves_keeps_the_item(
    alerts: int, moderator: LogIn, live_server: LiveServer, settings: Settings
) -> None:
    lease_of(settings, 4)
    page, _ = moderator("anna")
    page.goto(f"{live_server.url}/review")
    first = shown(page)
    began = Alert.objects.get(pk=first).leased_until
    assert began is not None
    for step in range(10_000):
        page.mouse.move(10 + step % 50, 200)
        until = Alert.objects.get(pk=first).leased_until
        if until is not None and until > began + timedelta(seconds=5):
            break
    else:
        pytest.fail("the lease was not renewed")
    assert shown(page) == first


def test_a_decision_on_an_item_that_is_gone_is_told(
    alerts: int, moderator: LogIn, live_server: LiveServer
) -> None:
    page, _ = moderator("anna")
    page.goto(f"{live_server.url}/review")
    wait_for_next(page)
    Alert.objects.filter(pk=shown(page)).update(leased_by=None, leased_until=None)
    decide(page, "v")
    expect(page.locator(UNSAVED)).to_contain_text("it went back to the queue")
    expect(page.locator("#decided")).to_have_text("0")
    decide(page, "v")
    expect(page.locator("[data-review]")).to_have_attribute("data-unsaved", "0")
    expect(page.locator("#decided")).to_have_text("1")
    assert Decision.objects.count() == 1
    page.reload()
    expect(page.locator(UNSAVED)).to_contain_text("Violates")  # until its maker has seen it
    page.click(f"{UNSAVED} >> text=Remove")
    expect(page.locator(UNSAVED)).to_be_hidden()


def test_nothing_to_undo_is_said(alerts: int, moderator: LogIn, live_server: LiveServer) -> None:
    page, _ = moderator("anna")
    page.goto(f"{live_server.url}/review")
    page.keyboard.press("u")
    expect(page.locator(f"{NOTICE} span")).to_have_text("There is nothing to undo.")
    expect(page.locator(f"{NOTICE} a:visible")).to_have_count(0)


def test_skipped_items_can_be_asked_for_again(
    alerts: int, moderator: LogIn, live_server: LiveServer
) -> None:
    page, _ = moderator("anna")
    page.goto(f"{live_server.url}/review?topic=adult")
    only = shown(page)
    decide(page, "s")
    expect(page.locator("h1")).to_have_text("Nothing left to review")
    expect(page.locator("[data-review]")).to_have_attribute("data-unsaved", "0")
    page.reload()
    page.click("text=Show the 1 skipped item again")
    assert shown(page) == only
    assert page.url.endswith("?topic=adult")
