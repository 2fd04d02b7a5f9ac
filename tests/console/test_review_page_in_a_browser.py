"""The review page's parts, by keys: rail, toast, policy, seller, topics, near-duplicates."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from bench.word_topic import TOPIC
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer
from tests.acting import TESTS
from tests.console.conftest import LogIn, decide, seen, shown
from tests.console.test_looks_in_a_browser import put as put_long
from tests.console.test_reasons_in_a_browser import put
from tests.service.working import work

from mimawari.listings.listing import Listing
from mimawari.service.audit.models import Event
from mimawari.service.intake import log
from mimawari.service.releases.activating import activate_topic_files
from mimawari.service.review.models import Decision

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SAVED = "[data-review][data-unsaved='0']"
SAME = "a pistol in its case with two magazines, as good as new, to be sent today"


def open_review(page: Page, query: str = "") -> str:
    page.goto(page.url.rstrip("/") + f"/review{query}")
    return seen(page)


@pytest.fixture
def alike(tmp_path: Path) -> None:
    """Put five listings before moderators: three alike of one seller, two of others."""
    path = tmp_path / "weapons.toml"
    path.write_text(TOPIC.format(topic="weapons", word="pistol", capacity=9), "utf-8")
    activate_topic_files([path], TESTS, "tests")
    rows = [
        ("s", SAME),
        ("s", SAME + " !"),
        ("s", SAME.upper()),
        ("s", "an old pistol"),
        ("t", SAME),
    ]
    log.append(
        [Listing(id=f"L{i}", version=1, seller_id=s, title=t) for i, (s, t) in enumerate(rows)]
    )
    work()


def test_the_head_the_rail_and_the_toast_say_what_is_left(moderator: LogIn, tmp_path: Path) -> None:
    put(tmp_path)
    page, complaints = moderator("anna")
    first = open_review(page, "?topic=weapons")
    expect(page.locator("#left")).to_have_text("5 left")
    expect(page.locator("#decided")).to_have_text("0")
    expect(page.locator(".head button")).to_contain_text("weapons")
    rail = page.locator("#rail [data-row]")
    expect(rail).to_have_count(4)
    assert first not in [row.get_attribute("data-row") for row in rail.all()]
    decide(page, "v")
    page.keyboard.press("2")
    expect(page.locator("#toast")).to_have_text("Violates: Blades. U to undo")
    expect(page.locator("#left")).to_have_text("4 left")
    expect(page.locator("#decided")).to_have_text("1")
    second = seen(page)
    expect(page.locator(f"#rail [data-row='{second}']")).to_have_count(0)
    page.locator("#toast button").click()
    expect(page.locator(f"[data-alert='{first}']")).to_have_count(1)
    expect(page.locator("#toast")).to_contain_text("Taken back")
    assert complaints == []


def test_undo_takes_back_what_this_tab_decided_last(moderator: LogIn, tmp_path: Path) -> None:
    put(tmp_path, "clause_optional = true")
    one, _ = moderator("anna")
    base = one.url.rstrip("/")
    mine = open_review(one)
    decide(one, "n")
    expect(one.locator(SAVED)).to_have_count(1)
    two = one.context.new_page()
    two.goto(f"{base}/review")
    others = seen(two)
    decide(two, "c")
    expect(two.locator(SAVED)).to_have_count(1)
    assert Decision.objects.latest("pk").alert_id == int(others)
    one.bring_to_front()
    one.keyboard.press("u")
    expect(one.locator(f"[data-alert='{mine}']")).to_have_count(1)
    undone = Decision.objects.get(verdict="undone")
    assert undone.alert_id == int(mine)
    seen(one)
    one.keyboard.press("u")  # nothing else was decided here
    expect(one.locator("#save-notice")).to_contain_text("There is nothing to undo")
    assert Decision.objects.filter(verdict="undone").count() == 1
    one.reload()
    two.bring_to_front()
    two.reload()
    seen(two)
    two.keyboard.press("u")  # a tab remembers its own over a reload
    expect(two.locator(f"[data-alert='{others}']")).to_have_count(1)


def test_the_policy_is_its_clauses_and_the_whole_text_a_key_away(
    moderator: LogIn, tmp_path: Path
) -> None:
    put(tmp_path)
    page, _ = moderator("anna")
    open_review(page)
    policy = page.locator("[data-policy]")
    expect(policy.locator("ol li")).to_have_text(["Firearms <b>and parts</b>", "Blades"])
    expect(policy.locator("details div")).to_be_hidden()
    page.keyboard.press("p")
    expect(policy.locator("details div")).to_have_text("Nothing of the kind.")
    page.locator("[data-policy] summary").click()
    expect(policy.locator("details div")).to_be_hidden()
    page.keyboard.press("?")
    expect(page.locator("#help mark")).to_have_count(4)


def test_the_seller_is_a_key_away(moderator: LogIn, alike: None) -> None:
    page, complaints = moderator("anna")
    before = open_review(page)
    decide(page, "v")
    expect(page.locator(f"[data-alert='{before}']")).to_have_count(0)
    expect(page.locator(SAVED)).to_have_count(1)
    while page.locator("aside .seller h2").inner_text() != "Seller · s":
        alert = seen(page)
        page.keyboard.press("s")
        expect(page.locator(f"[data-alert='{alert}']")).to_have_count(0)
    seen(page)
    for key, part in (("l", "listings"), ("d", "decisions"), ("k", "strikes")):
        page.keyboard.press(key)
        expect(page.locator(f"[data-part={part}]")).to_be_visible()
        expect(page.locator("[data-part]:visible")).to_have_count(1)
    expect(page.locator("[data-part=strikes]")).to_contain_text("None.")
    page.keyboard.press("l")
    expect(page.locator("[data-part=listings] li")).to_have_count(3)
    page.keyboard.press("l")
    expect(page.locator("[data-part]:visible")).to_have_count(0)
    assert complaints == []


def test_near_duplicates_are_decided_together_each_for_itself(
    moderator: LogIn, alike: None
) -> None:
    page, complaints = moderator("anna")
    open_review(page)
    while page.locator("article h1").inner_text().lower()[:8] != SAME[:8] or (
        page.locator("aside .seller h2").inner_text() != "Seller · s"
    ):
        alert = seen(page)
        page.keyboard.press("s")
        expect(page.locator(f"[data-alert='{alert}']")).to_have_count(0)
    first = seen(page)
    page.keyboard.press("a")
    ticks = page.locator("[data-together] [data-near-duplicate]")
    expect(ticks).to_have_count(2)
    page.keyboard.press("2")
    expect(ticks.nth(1)).not_to_be_checked()
    page.keyboard.press("2")
    expect(ticks.nth(1)).to_be_checked()
    other = [tick.get_attribute("data-near-duplicate") for tick in ticks.all()]
    decide(page, "v")
    expect(page.locator("#toast")).to_contain_text("Violates (3 items).")
    expect(page.locator(f"[data-alert='{first}']")).to_have_count(0)
    expect(page.locator(SAVED)).to_have_count(1)
    expect(page.locator("#decided")).to_have_text("3")
    decisions = Decision.objects.order_by("pk").values_list("alert_id", "verdict")
    assert list(decisions) == [(int(str(n)), "violates") for n in (first, *other)]
    assert Event.objects.filter(kind="decision").count() == 3
    if page.locator("[data-alert]").count():
        assert shown(page) not in other
    page.keyboard.press("u")  # one press, taken back by one
    expect(page.locator(f"[data-alert='{first}']")).to_have_count(1)
    expect(page.locator("#decided")).to_have_text("0")
    assert Decision.objects.filter(verdict="undone").count() == 3
    assert complaints == []


def test_near_duplicates_count_only_once_they_could_be_seen(moderator: LogIn, alike: None) -> None:
    page, _ = moderator("anna")
    page.clock.install()
    page.goto(page.url + "review")
    page.wait_for_load_state("networkidle")
    page.clock.pause_at(page.evaluate("Date.now() / 1000 + 2"))
    while page.locator("aside .seller h2").inner_text() != "Seller · s" or (
        "OLD" in page.locator("article h1").inner_text().upper()
    ):
        alert = seen(page)
        page.keyboard.press("s")
        expect(page.locator(f"[data-alert='{alert}']")).to_have_count(0)
        page.clock.run_for(400)
    first = seen(page)
    page.keyboard.press("a")
    expect(page.locator("[data-together] [data-near-duplicate]")).to_have_count(2)
    page.clock.run_for(120)
    page.keyboard.press("v")
    expect(page.locator("#early")).not_to_be_empty()
    assert shown(page) == first
    page.keyboard.press("Escape")  # this one alone
    page.clock.run_for(400)
    page.keyboard.press("v")
    expect(page.locator(SAVED)).to_have_count(1)
    assert [d.alert_id for d in Decision.objects.all()] == [int(first)]


def test_another_topic_is_a_key_and_a_few_letters_away(alerts: int, moderator: LogIn) -> None:
    page, _ = moderator("anna")
    open_review(page)
    page.keyboard.press("t")
    expect(page.locator("#topics a")).to_have_count(3)
    page.keyboard.type("adu")
    expect(page.locator("#topics a:visible")).to_have_text(["adult 1"])
    page.keyboard.press("Enter")
    page.wait_for_url("**/review?topic=adult")
    expect(page.locator(".head button")).to_contain_text("adult")


@pytest.mark.parametrize("topic", ["adult", "weapons"])
def test_pictures_enlarge_and_what_is_covered_stays_so(
    topic: str, alerts: int, moderator: LogIn, live_server: LiveServer, settings: Settings
) -> None:
    shows = {"image_origins": (live_server.url,), "image_wait_seconds": 0}
    settings.CONFIG = msgspec.structs.replace(settings.CONFIG, **shows)
    put_long(live_server.url)
    page, complaints = moderator("anna")
    open_review(page, f"?topic={topic}")
    while page.locator("article figure img").count() == 0:
        before = seen(page)
        page.keyboard.press("s")
        expect(page.locator(f"[data-alert='{before}']")).to_have_count(0)
    seen(page)
    zoom, covered = page.locator("#zoom"), re.compile("covered")
    page.keyboard.press("z")
    expect(zoom).to_be_visible()
    expect(zoom.locator("p")).to_have_text("1 / 1")
    if topic == "adult":
        expect(zoom).to_have_class(covered)
        page.keyboard.press("i")
        expect(page.locator("button.sensitive")).to_have_attribute("aria-pressed", "true")
    expect(zoom).not_to_have_class(covered)
    page.keyboard.press("v")  # nothing is decided behind it
    page.keyboard.press(" ")
    expect(zoom).to_have_class(re.compile("larger"))
    page.keyboard.press("Escape")
    expect(zoom).to_be_hidden()
    assert not Decision.objects.exists()
    if topic == "weapons":
        page.locator("[data-zoom]").click()
        page.keyboard.press("z")  # past the last picture
        expect(zoom).to_be_hidden()
    assert complaints == []


def names_at(page: Page, selector: str) -> Callable[[], bool]:
    """Give a check that a button is what lies on top in its middle."""
    script = """e => { const b = e.getBoundingClientRect();
        return e.contains(document.elementFromPoint(b.x + b.width / 2, b.y + b.height / 2)); }"""
    return lambda: bool(page.locator(selector).evaluate(script))


@pytest.mark.parametrize(("width", "height"), [(390, 844), (320, 568), (844, 390)])
@pytest.mark.parametrize("language", ["en", "ja"])
def test_nothing_ever_covers_the_verdicts_on_a_phone(
    width: int, height: int, language: str, moderator: LogIn, tmp_path: Path
) -> None:
    texts = f'{{ en = "{"A long clause " * 9}", ja = "{"長い条項" * 20}" }}'
    head = "\n".join(f'[[clauses]]\nkey = "c{i}"\ntext = {texts}' for i in range(7))
    path = tmp_path / "weapons.toml"
    path.write_text(TOPIC.format(topic="weapons", word="pistol", capacity=9) + head, "utf-8")
    activate_topic_files([path], TESTS, "tests")
    log.append([Listing(id="L1", version=1, seller_id="s", title="a pistol")])
    work()
    page, _ = moderator("anna")
    page.context.set_extra_http_headers({"Accept-Language": language})
    page.set_viewport_size({"width": width, "height": height})
    open_review(page)
    page.keyboard.press("v")
    expect(page.locator("[data-clauses]")).to_be_visible()
    for verdict in ("violates", "does_not_violate", "cannot_tell"):
        assert names_at(page, f".decide .{verdict}")(), verdict
    bar = page.locator(".decide").bounding_box()
    sheet = page.locator("[data-clauses]").bounding_box()
    assert bar is not None
    assert sheet is not None
    assert sheet["y"] + sheet["height"] <= bar["y"]
    assert sheet["y"] >= 0
    page.locator("[data-clause=c6]").click()
    expect(page.locator(SAVED)).to_have_count(1)
    assert Decision.objects.get().clause == "c6"
