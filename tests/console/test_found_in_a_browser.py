"""Tick what was found, see what is decided, press once: with the keyboard, on desk and phone."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from bench.word_topic import TOPIC
from django.contrib.auth.models import User
from playwright.sync_api import expect
from tests.acting import TESTS
from tests.console.conftest import LogIn
from tests.console.every_look import broken_rules
from tests.service.actions.conftest import CLAUSES, STRIKES
from tests.service.search.conftest import index_all
from tests.service.working import work

from mimawari.listings.listing import Listing
from mimawari.service.intake import log
from mimawari.service.releases.activating import activate_topic_files
from mimawari.service.review.models import Decision, DecisionGroup

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(shutil.which("chromium") is None, reason="no Chromium"),
]
# A folder for pictures of the pages, for somebody to look at.


@pytest.fixture(autouse=True)
def knives(db: None, tmp_path: Path) -> None:
    """Put a topic in force, and 30 listings of which no rule knows anything."""
    path = tmp_path / "weapons.toml"
    text = TOPIC.format(topic="weapons", word="pistol", capacity=9)
    path.write_text(text + CLAUSES + STRIKES, "utf-8")
    activate_topic_files([path], TESTS, "tests")
    log.append(
        [
            Listing(
                id=f"L{number}",
                version=1,
                seller_id=f"shop-{number % 3}",
                title=f"折りたたみナイフ folding blade no. {number}",
            )
            for number in range(30)
        ]
    )
    work()
    index_all()


def test_a_page_of_results_is_decided_with_the_keyboard(moderator: LogIn) -> None:
    page, complaints = moderator("anna")
    home = page.url
    page.goto(f"{home}search?text=blade")
    button = page.get_by_role("button", name="See what is decided")
    expect(button).to_be_disabled()
    page.get_by_label("all on this page").focus()
    page.keyboard.press("Space")
    expect(button).to_have_text("See what is decided (25)")
    first = page.locator("input[name=listing]").first
    first.focus()
    page.keyboard.press("Space")
    expect(button).to_have_text("See what is decided (24)")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Decide 24 listings · weapons")
    expect(page.locator("h1")).to_be_focused()
    assert not Decision.objects.exists()
    page.get_by_label("Blades").focus()
    page.keyboard.press("Space")
    page.get_by_label("Note").fill("one shop's stock")
    press = page.get_by_role("button", name="Decide 24 listings")
    press.dblclick()
    expect(page.locator("h1")).to_have_text("24 of 24 listings are decided")
    expect(page.locator("h1")).to_be_focused()
    assert DecisionGroup.objects.count() == 1
    assert Decision.objects.count() == 24
    page.go_back()
    # Looked at again, the page knows; the press that it was made for stays one.
    expect(page.locator("h1")).to_have_text("Nothing is left to decide · weapons")
    expect(page.locator("main")).to_contain_text("you decided it already; take that back first")
    page.go_forward()
    expect(page.locator("h1")).to_have_text("24 of 24 listings are decided")
    page.get_by_role("button", name="Take back: ").first.click()
    expect(page.get_by_role("status")).to_have_text("Taken back, with what was done because of it.")
    page.get_by_role("button", name="Take all back").click()
    expect(page.get_by_role("button", name="Take all back")).to_have_count(0)
    assert Decision.objects.filter(verdict="undone").count() == 24
    page.get_by_role("link", name="Back to the search").click()
    expect(page.locator("input[name=text][type=search]")).to_have_value("blade")
    assert complaints == []


def test_another_account_in_the_same_browser_decides_nothing(moderator: LogIn) -> None:
    page, _ = moderator("anna")
    home = page.url
    page.goto(f"{home}search/decide?listing=1:L1&topic=weapons&verdict=violates")
    page.get_by_label("Blades").check()
    ben = User.objects.create_user("ben", password="another long password")
    other = page.context.new_page()
    other.goto(home)
    other.click("header .menu summary")
    other.get_by_role("button", name="Log out").click()
    other.fill("input[name=username]", ben.username)
    other.fill("input[name=password]", "another long password")
    other.click("main button")
    expect(other.locator("h1")).to_have_text("Alerts to review")
    page.get_by_role("button", name="Decide 1 listing").click()
    # Its form is of the session that is over; nothing of it is taken for ben.
    expect(page.locator("main")).not_to_contain_text("is decided")
    assert not Decision.objects.exists()


def test_the_pages_break_no_rule_of_axe(moderator: LogIn) -> None:
    page, complaints = moderator("anna")
    home = page.url
    chosen = "&".join(f"listing=1:L{number}" for number in range(12))
    page.goto(f"{home}search/decide?listing=1:L20&listing=1:L21&topic=weapons&verdict=violates")
    page.get_by_label("Blades").check()
    page.get_by_role("button", name="Decide 2 listings").click()
    expect(page.locator("h1")).to_have_text("2 of 2 listings are decided")
    group = DecisionGroup.objects.get().pk
    pages = {
        "search": "search?text=blade",
        "topic": f"search/decide?{chosen}",
        "decide": f"search/decide?{chosen}&listing=1:L20&listing=4:L5&topic=weapons",
        "group": f"decisions/{group}",
        "listing": "listing?id=L20",
        "history": "history",
    }
    assert broken_rules(page, home, pages) == []
    assert complaints == []
