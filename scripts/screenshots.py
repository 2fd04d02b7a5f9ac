"""Take the documentation's pictures from a running demo.

mimawari demo --port 8765        # in another terminal; it shows the password
python scripts/screenshots.py http://127.0.0.1:8765 PASSWORD
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

IMAGES = Path(__file__).parents[1] / "docs" / "images"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SIZE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
SEEN = "#current[data-seen] [data-alert]"
# Items that are decided first, so that the overview has something to show.
DECIDED = 40
SHADOWED = "drugs_controlled"  # the topic of which the demo has two versions of a model
MOST_MS = 7 * 60 * 1_000  # its figures are made every five minutes


def log_in(page: Page, url: str, name: str, password: str) -> None:
    """Log in."""
    page.goto(f"{url}/login")
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", password)
    page.click("main button")
    page.wait_for_url(f"{url}/")


def take(page: Page, name: str) -> None:
    """Write one picture."""
    page.screenshot(path=IMAGES / f"{name}.png")


def decide_some(page: Page, url: str) -> None:
    """Decide items by keys, two of three as violations, and wait for the overview to know."""
    page.goto(f"{url}/review")
    for number in range(DECIDED):
        shown = page.wait_for_selector(SEEN)
        alert = shown.get_attribute("data-alert") if shown else ""
        page.keyboard.press("n" if number % 3 == 2 else "v")
        if page.locator("[data-clauses]:visible").count():
            page.keyboard.press("1")
        page.wait_for_selector(f"[data-alert='{alert}']", state="detached")
    page.wait_for_selector("[data-review][data-unsaved='0']")
    page.goto(f"{url}/overview")
    known = page.locator(".tile .value").nth(1).inner_text
    waited = 0
    while known() == "0" and waited < MOST_MS:
        page.wait_for_timeout(10_000)
        waited += 10_000
        page.reload()


def take_lifecycle(page: Page, url: str, language: str) -> None:
    """Take the catalogue: the list, a champion, what is neglected, what is watched."""
    page.goto(f"{url}/models")
    take(page, f"models-{language}")
    page.goto(f"{url}/models?topic={SHADOWED}&slot=champion")
    page.click("table.catalogue tbody th a")
    page.wait_for_url(f"{url}/models/{SHADOWED}-*")
    page.screenshot(path=IMAGES / f"model-{language}.png", full_page=True)
    page.goto(f"{url}/models/neglected?unused=1")
    take(page, f"neglected-{language}")
    page.goto(f"{url}/monitoring/{SHADOWED}")
    take(page, f"monitoring-{language}")


def main() -> None:
    """Visit the pages in both languages and themes."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("url")
    arguments.add_argument("password")
    arguments.add_argument("--name", default="demo", help="login name")
    given = arguments.parse_args()
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for language, scheme in (("en", "light"), ("ja", "dark")):
            context = browser.new_context(viewport=SIZE, color_scheme=scheme)
            page = context.new_page()
            log_in(page, given.url, given.name, given.password)
            if language == "en":
                decide_some(page, given.url)
            if language == "ja":
                page.click(".menu summary")
                page.click("button[value=ja]")
            page.goto(f"{given.url}/topics")
            take(page, f"home-{language}")
            page.goto(f"{given.url}/overview")
            take(page, f"overview-{language}")
            page.goto(f"{given.url}/review?topic=weapons")
            page.wait_for_selector(SEEN)
            page.wait_for_selector("#rail [data-row]")
            take(page, f"review-{language}")
            listing = page.locator("aside dl.facts dd").first.inner_text()
            page.goto(f"{given.url}/listing?id={listing}")
            take(page, f"listing-{language}")
            take_lifecycle(page, given.url, language)
            page.set_viewport_size(PHONE)
            page.goto(f"{given.url}/review?topic=weapons")
            page.wait_for_selector(SEEN)
            take(page, f"phone-{language}")
            context.close()
        browser.close()


if __name__ == "__main__":
    main()
