"""Input counts once for an item, and only for one that was painted and could be seen."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer
from tests.console.conftest import LogIn, decide, shown

from mimawari.service.review.models import Decision

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SAVED = "[data-review][data-unsaved='0']"


def open_review(page: Page, base: str) -> str:
    """Open the page with its clock standing still, once its item can be seen."""
    page.clock.install()
    page.goto(f"{base}/review")
    page.wait_for_load_state("networkidle")
    page.clock.pause_at(page.evaluate("Date.now() / 1000 + 1"))
    expect(page.locator("#current")).to_have_attribute("data-seen", "")
    return shown(page)


@pytest.mark.parametrize("gap", [60, 120, 180, 240, 300])
@pytest.mark.parametrize("how", ["key", "click"])
def test_a_second_press_decides_no_item_that_nobody_saw(
    gap: int, how: str, alerts: int, moderator: LogIn, live_server: LiveServer
) -> None:
    page, _ = moderator("anna")
    first = open_review(page, live_server.url)

    def press() -> None:
        if how == "key":
            page.keyboard.press("v")
        else:
            page.locator("button.violates").dispatch_event("click", {"detail": 1})

    press()
    expect(page.locator(f"[data-alert='{first}']")).to_have_count(0)
    second = shown(page)
    page.clock.run_for(gap)
    press()
    expect(page.locator("#early")).to_contain_text("before you could see this item")
    expect(page.locator(SAVED)).to_have_count(1)
    assert shown(page) == second
    expect(page.locator("#decided")).to_have_text("1")
    assert str(Decision.objects.get().alert_id) == first
    page.clock.run_for(400 - gap)
    press()
    expect(page.locator(f"[data-alert='{second}']")).to_have_count(0)
    expect(page.locator("#early")).to_be_empty()
    expect(page.locator(SAVED)).to_have_count(1)
    assert Decision.objects.count() == 2


def test_ten_thousand_an_hour_are_no_double_presses(
    alerts: int, moderator: LogIn, live_server: LiveServer
) -> None:
    page, _ = moderator("anna")
    open_review(page, live_server.url)
    for left in reversed(range(alerts)):
        before = shown(page)
        page.keyboard.press("n")
        expect(page.locator(f"[data-alert='{before}']")).to_have_count(0)
        if left:
            page.clock.run_for(360)
    expect(page.locator(SAVED)).to_have_count(1)
    assert Decision.objects.count() == alerts


def test_a_double_click_is_one_input(
    alerts: int, moderator: LogIn, live_server: LiveServer
) -> None:
    page, _ = moderator("anna")
    first = open_review(page, live_server.url)
    page.dblclick("button.does_not_violate")
    expect(page.locator(f"[data-alert='{first}']")).to_have_count(0)
    second = shown(page)
    page.clock.run_for(450)  # a slow one: the item is seen, the click is still its second
    page.locator("button.violates").dispatch_event("click", {"detail": 2})
    expect(page.locator("#early")).not_to_be_empty()
    expect(page.locator(SAVED)).to_have_count(1)
    assert shown(page) == second
    assert Decision.objects.count() == 1


def test_a_key_that_is_held_down_decides_one_item(
    alerts: int, moderator: LogIn, live_server: LiveServer
) -> None:
    page, _ = moderator("anna")
    for key, focus in (("v", "main"), ("Enter", "button.violates")):
        page.goto(f"{live_server.url}/review")
        expect(page.locator("#current")).to_have_attribute("data-seen", "")
        first = shown(page)
        page.locator(focus).focus()
        page.keyboard.down(key)
        expect(page.locator(f"[data-alert='{first}']")).to_have_count(0)
        page.locator(focus).focus()
        expect(page.locator("#current")).to_have_attribute("data-seen", "")
        second = shown(page)
        page.keyboard.down(key)  # the browser repeats it
        page.keyboard.up(key)
        expect(page.locator(SAVED)).to_have_count(1)
        assert shown(page) == second
    assert Decision.objects.count() == 2


def test_a_second_undo_takes_nothing_back_that_nobody_saw(
    alerts: int, moderator: LogIn, live_server: LiveServer
) -> None:
    page, _ = moderator("anna")
    page.goto(f"{live_server.url}/review")
    for _ in range(2):
        before = shown(page)
        decide(page, "v")
        expect(page.locator(f"[data-alert='{before}']")).to_have_count(0)
    page.keyboard.press("u")
    page.keyboard.press("u")
    expect(page.locator(f"[data-alert='{before}']")).to_have_count(1)
    expect(page.locator("#current")).to_have_attribute("data-seen", "")
    verdicts = Decision.objects.order_by("id").values_list("verdict", flat=True)
    assert list(verdicts) == ["violates", "violates", "undone"]
    page.keyboard.press("u")  # now it was seen
    expect(page.locator(f"[data-alert='{before}']")).to_have_count(0)
    expect(page.locator("#decided")).to_have_text("0")
    assert Decision.objects.filter(verdict="undone").count() == 2


LATE = """async () => {
  const { Painted } = await import("/static/console/painted.js");
  const painted = new Painted(document.createElement("div"));
  const timers = [];
  const real = window.setTimeout;
  window.setTimeout = (then) => timers.push(then); // none of them comes
  const frame = () => new Promise(requestAnimationFrame);
  const begin = performance.now();
  painted.put();
  for (let i = 0; i < 4; i += 1) await frame();
  window.setTimeout = real;
  const press = (after) => painted.counts({ timeStamp: painted.since + after, detail: 0 });
  return [timers.length, painted.since >= begin + 300, press(-1), press(0)];
}"""


def test_a_timer_that_comes_late_takes_no_press_away(
    alerts: int, moderator: LogIn, live_server: LiveServer
) -> None:
    page, _ = moderator("anna")
    page.goto(f"{live_server.url}/review")
    assert page.evaluate(LATE) == [1, True, False, True]
