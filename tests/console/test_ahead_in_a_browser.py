"""Items are fetched ahead: two where much is left, so that a slow answer keeps nobody waiting."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench.word_topic import TOPIC
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer
from tests.acting import TESTS
from tests.console.conftest import LogIn, decide, seen
from tests.service.working import work

from mimawari.listings.listing import Listing
from mimawari.service.admission.models import Alert
from mimawari.service.intake import log
from mimawari.service.releases.activating import activate_topic_files
from mimawari.service.review.models import Decision

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SAVED = "[data-review][data-unsaved='0']"


def put(tmp_path: Path, number: int) -> None:
    """Put listings before moderators, each of a seller of its own."""
    path = tmp_path / "weapons.toml"
    path.write_text(TOPIC.format(topic="weapons", word="pistol", capacity=40), "utf-8")
    activate_topic_files([path], TESTS, "tests")
    log.append(
        [
            Listing(id=f"L{i}", version=1, seller_id=f"s{i}", title=f"a pistol {i}")
            for i in range(number)
        ]
    )
    work()


def held() -> int:
    return Alert.objects.filter(leased_by__username="anna").count()


def go_on(page: Page) -> str:
    """Decide what is on the screen, and give what follows it."""
    before = seen(page)
    decide(page, "n")
    expect(page.locator(f"[data-alert='{before}']")).to_have_count(0)
    return seen(page)


def test_two_items_are_there_while_the_server_takes_long(
    moderator: LogIn, live_server: LiveServer, tmp_path: Path
) -> None:
    put(tmp_path, 30)
    page, complaints = moderator("anna")
    page.goto(f"{live_server.url}/review")
    page.wait_for_load_state("networkidle")
    assert held() == 3, "the one on the screen, and two ahead"
    page.route("**/review/next**", lambda _: None)
    shown = [seen(page), go_on(page), go_on(page)]
    decide(page, "n")
    expect(page.locator("#current")).to_have_attribute("aria-busy", "true")
    page.unroute("**/review/next**")  # lets through what was kept
    expect(page.locator("#current[aria-busy]")).to_have_count(0)
    shown.append(seen(page))
    expect(page.locator(SAVED)).to_have_count(1)
    assert len(set(shown)) == 4
    assert sorted(shown[:3]) == sorted(str(n) for n in decided())
    assert complaints == []


def decided() -> list[int]:
    return list(Decision.objects.values_list("alert_id", flat=True))


def test_where_little_is_left_others_get_it(
    moderator: LogIn, live_server: LiveServer, tmp_path: Path
) -> None:
    put(tmp_path, 15)
    page, _ = moderator("anna")
    page.goto(f"{live_server.url}/review")
    page.wait_for_load_state("networkidle")
    assert held() == 2


def test_what_was_ahead_comes_after_what_is_taken_back(
    moderator: LogIn, live_server: LiveServer, tmp_path: Path
) -> None:
    put(tmp_path, 30)
    page, _ = moderator("anna")
    page.goto(f"{live_server.url}/review")
    first = seen(page)
    second = go_on(page)
    expect(page.locator(SAVED)).to_have_count(1)
    page.keyboard.press("u")
    expect(page.locator(f"[data-alert='{first}']")).to_have_count(1)
    assert go_on(page) == second
    third = go_on(page)
    assert len({first, second, third}) == 3
    expect(page.locator(SAVED)).to_have_count(1)
    standing = Decision.objects.filter(replaced_by=None).exclude(verdict="undone")
    assert sorted(standing.values_list("verdict", flat=True)) == [
        "does_not_violate",
        "does_not_violate",
    ]
