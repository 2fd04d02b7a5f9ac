"""One moderator in Chromium: presses a key for each item once it may be decided."""

from __future__ import annotations

import shutil
import threading
import time
from dataclasses import dataclass

from playwright.sync_api import Page, sync_playwright

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
SEEN = "#current[data-seen] [data-alert]"
# A time ends in the first frame in which another item is there and its pictures are decoded.
WATCH = """() => {
  window.times = []; window.alerts = [];
  const shown = () => document.querySelector("[data-alert]")?.dataset.alert;
  addEventListener("keydown", (event) => {
    if (event.key !== "n") return;
    const before = shown(), start = event.timeStamp;
    alerts.push(Number(before));
    const frame = () => {
      const images = [...document.querySelectorAll("article figure img")];
      const whole = images.every((image) => image.complete && image.naturalWidth);
      if (shown() && shown() !== before && whole)
        setTimeout(() => times.push(performance.now() - start)); // after this frame is painted
      else requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }, true);
  const current = document.querySelector("#current");
  window.seen = (last) => new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error("no item came")), 60_000);
    const look = () => {
      if (current.dataset.seen === undefined || shown() === last) return;
      watching.disconnect();
      resolve(shown());
    };
    const watching = new MutationObserver(look);
    watching.observe(current, { attributes: true, attributeFilter: ["data-seen"] });
    look();
  });
}"""


@dataclass(frozen=True)
class Pressed:
    """What a moderator decided, in order, and how long each next item took."""

    name: str
    alerts: list[int]
    times_ms: list[float]


def moderate(
    address: str,
    name: str,
    password: str,
    start: threading.Barrier,
    seconds: float,
    pause: float,
) -> Pressed:
    """Log in, wait for the others, decide for a time, with a pause before each key."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium
        browser = chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(f"{address}/login")
        page.fill("input[name=username]", name)
        page.fill("input[name=password]", password)
        page.click("main button")
        page.goto(f"{address}/review")
        page.wait_for_selector(SEEN, timeout=120_000)
        page.wait_for_load_state("networkidle")
        page.evaluate(WATCH)
        start.wait(timeout=240)
        _press(page, time.monotonic() + seconds, pause)
        page.wait_for_selector("[data-review][data-unsaved='0']", timeout=60_000)
        times, alerts = page.evaluate("times"), page.evaluate("alerts")
        browser.close()
    return Pressed(name, alerts, times)


def _press(page: Page, until: float, pause: float) -> None:
    # The page tells when an item may be decided: asking again and again would add its pauses.
    last = ""
    while time.monotonic() < until:
        last = page.evaluate("(last) => seen(last)", last)
        if pause:
            page.wait_for_timeout(1_000 * pause)
        page.keyboard.press("n")
