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
SIZE = {"width": 1280, "height": 860}
PHONE = {"width": 390, "height": 780}


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
            if language == "ja":
                page.click(".menu summary")
                page.click("button[value=ja]")
            page.goto(given.url)
            take(page, f"home-{language}")
            page.goto(f"{given.url}/review?topic=weapons")
            page.wait_for_selector("[data-alert]")
            take(page, f"review-{language}")
            listing = page.locator("aside dl.facts dd").first.inner_text()
            page.goto(f"{given.url}/listing?id={listing}")
            take(page, f"listing-{language}")
            page.set_viewport_size(PHONE)
            page.goto(f"{given.url}/review?topic=weapons")
            take(page, f"phone-{language}")
            context.close()
        browser.close()


if __name__ == "__main__":
    main()
