"""Nobody's name comes under another's decision: two accounts, two tabs, the back button."""

from __future__ import annotations

import msgspec
import pytest
from django.contrib.auth import get_user_model
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer
from tests.acting import TESTS
from tests.console.conftest import PASSWORD, LogIn, decide, in_menu, seen, settled, shown

from mimawari.service.accounts import roles
from mimawari.service.admission.models import Alert
from mimawari.service.review.models import Decision

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NOTICE, UNSAVED = "#save-notice", "#unsaved"


@pytest.fixture
def ben(transactional_db: None) -> None:
    get_user_model().objects.create_user("ben", password=PASSWORD)


def log_in(page: Page, name: str) -> None:
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", PASSWORD)
    page.click("main button")


def log_out_and_in(page: Page, base: str, name: str) -> None:
    """Change the account of a browser, in a tab of its own."""
    page.goto(f"{base}/")
    in_menu(page, ">> text=Log out")
    log_in(page, name)
    expect(page.locator("h1")).to_have_text("Alerts to review")


def who() -> list[tuple[str, str]]:
    return list(Decision.objects.order_by("id").values_list("moderator__username", "verdict"))


def decide_after_the_session(page: Page, base: str) -> str:
    """Decide an item while the session is over: it stays in the tab."""
    page.goto(f"{base}/review")
    first = settled(page)
    page.context.clear_cookies()
    decide(page, "n")
    expect(page.locator(NOTICE)).to_contain_text("kept in this tab")
    expect(page.locator("[data-review]")).to_have_attribute("data-unsaved", "1")
    return first


def test_the_next_account_in_a_tab_does_not_get_the_last_ones_decision(
    alerts: int, ben: None, moderator: LogIn, live_server: LiveServer
) -> None:
    page, _ = moderator("anna")
    first = decide_after_the_session(page, live_server.url)
    # Whoever logs in next may even hold the item by then.
    Alert.objects.filter(pk=first).update(leased_by=None, leased_until=None)
    page.click(f"{NOTICE} a:visible")
    log_in(page, "ben")
    unsaved = page.locator(UNSAVED)
    expect(unsaved).to_contain_text("One decision of anna is not saved. Log in as anna to save it.")
    expect(unsaved.locator("button:visible")).to_have_count(0)
    assert "pistol" not in unsaved.inner_text()
    assert "Does not violate" not in unsaved.inner_text()
    assert who() == []
    current = seen(page)  # the page moves on from the item that is spoken for
    decide(page, "v")
    expect(page.locator(f"[data-alert='{current}']")).to_have_count(0)
    expect(page.locator("[data-review]")).to_have_attribute("data-unsaved", "0")
    assert who() == [("ben", "violates")]
    expect(unsaved).to_be_visible()


def test_its_maker_can_save_it_later_by_a_press_of_their_own(
    alerts: int, ben: None, moderator: LogIn, live_server: LiveServer
) -> None:
    page, _ = moderator("anna")
    first = decide_after_the_session(page, live_server.url)
    page.click(f"{NOTICE} a:visible")
    log_in(page, "ben")
    expect(page.locator(UNSAVED)).to_contain_text("One decision of anna")
    log_out_and_in(page, live_server.url, "anna")
    page.goto(f"{live_server.url}/review")
    expect(page.locator(UNSAVED)).to_contain_text("Save it if it was you who made it")
    expect(page.locator(f"{UNSAVED} strong")).to_have_text("Does not violate")
    assert who() == []
    page.click(f"{UNSAVED} >> button:text-is('Save it')")
    expect(page.locator("[data-review]")).to_have_attribute("data-unsaved", "0")
    expect(page.locator(UNSAVED)).to_be_hidden()
    assert who() == [("anna", "does_not_violate")]
    assert str(Decision.objects.get().alert_id) == first


def test_a_tab_of_the_account_before_decides_nothing(
    alerts: int, ben: None, moderator: LogIn, live_server: LiveServer
) -> None:
    old, _ = moderator("anna")
    old.goto(f"{live_server.url}/review")
    first = settled(old)
    log_out_and_in(old.context.new_page(), live_server.url, "ben")
    old.bring_to_front()
    decide(old, "v")
    expect(old.locator(NOTICE)).to_contain_text("Somebody has logged in again in this browser")
    assert who() == []
    assert not Alert.objects.filter(leased_by__username="ben").exists(), "no item for that page"
    old.keyboard.press("u")
    old.click(f"{NOTICE} a:visible")
    expect(old.locator(UNSAVED)).to_contain_text("One decision of anna")
    expect(old.locator("header bdi")).to_have_text("ben")
    assert who() == []
    assert Alert.objects.get(pk=first).state == "open"


def test_two_tabs_of_one_account_say_what_happened(
    alerts: int, moderator: LogIn, live_server: LiveServer
) -> None:
    one, _ = moderator("anna")
    two = one.context.new_page()
    for page in (one, two):
        page.goto(f"{live_server.url}/review")
        page.wait_for_load_state("networkidle")
    first = shown(one)
    assert shown(two) == first
    one.bring_to_front()
    decide(one, "v")
    expect(one.locator("[data-review]")).to_have_attribute("data-unsaved", "0")
    two.bring_to_front()
    decide(two, "n")
    expect(two.locator(UNSAVED)).to_contain_text("You had decided it already, in another tab")
    expect(two.locator(f"[data-alert='{first}']")).to_have_count(0)
    expect(two.locator("#decided")).to_have_text("0")
    assert who() == [("anna", "violates")]


def test_the_back_button_shows_what_is_true_now(
    alerts: int, moderator: LogIn, live_server: LiveServer
) -> None:
    page, _ = moderator("anna")
    page.goto(f"{live_server.url}/review")
    first = shown(page)
    decide(page, "v")
    expect(page.locator(f"[data-alert='{first}']")).to_have_count(0)
    expect(page.locator("[data-review]")).to_have_attribute("data-unsaved", "0")
    page.goto(f"{live_server.url}/history")
    page.go_back()
    expect(page.locator("[data-alert]")).to_have_count(1)
    assert shown(page) != first
    expect(page.locator("#decided")).to_have_text("1")


def test_a_page_out_of_the_browsers_memory_is_loaded_again(
    alerts: int, moderator: LogIn, live_server: LiveServer
) -> None:
    page, _ = moderator("anna")
    page.goto(f"{live_server.url}/review")
    first = shown(page)
    Alert.objects.filter(pk=first).update(state="superseded")
    with page.expect_navigation():
        page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    expect(page.locator(f"[data-alert='{first}']")).to_have_count(0)


def test_a_lease_that_ends_as_the_key_is_pressed_is_said(
    alerts: int, moderator: LogIn, live_server: LiveServer, settings: Settings
) -> None:
    settings.CONFIG = msgspec.structs.replace(settings.CONFIG, lease_seconds=60)
    page, _ = moderator("anna")
    page.clock.install()
    page.goto(f"{live_server.url}/review")
    page.wait_for_load_state("networkidle")
    expect(page.locator("#current")).to_have_attribute("data-seen", "")
    # The computer slept: its clock jumps, and the key comes before any timer.
    page.evaluate("Date.now = ((now) => () => now() + 120_000)(Date.now)")
    page.keyboard.press("v")
    expect(page.locator(NOTICE)).to_contain_text("Your time for the item was over as you pressed")
    expect(page.locator("h1")).to_have_text("You were away")
    assert who() == []


def test_an_account_that_may_not_review_any_more_is_told(
    alerts: int, moderator: LogIn, live_server: LiveServer
) -> None:
    page, _ = moderator("anna")
    page.goto(f"{live_server.url}/review")
    settled(page)
    roles.change("anna", "auditor", TESTS)
    decide(page, "v")
    expect(page.locator(NOTICE)).to_contain_text("your account may not review any more")
    expect(page.locator(NOTICE)).not_to_contain_text("logged out")
    assert who() == []
