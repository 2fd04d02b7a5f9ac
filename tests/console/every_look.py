"""Pages in both languages and on two screens: rules of axe, their width, and pictures of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from itertools import product
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

DESK, PHONE = (1280, 900), (390, 844)
LANGUAGES = ("en", "ja")
# Rules are of a page's structure, which differs by screen: each screen and language once.
BY_AXE = {("en", DESK), ("ja", PHONE)}
PICTURES = os.environ.get("CONSOLE_PICTURES")
"""A folder for pictures of all pages, to be looked at."""


def broken_rules(
    page: Page,
    home: str,
    paths: Mapping[str, str],
    prepare: Callable[[Page], object] = lambda page: None,
) -> list[tuple[object, ...]]:
    """Visit pages in every look; gives what is broken, with where.

    Parameters
    ----------
    paths
        By name.
    prepare
        Is called on each page before it is looked at.
    """
    axe, broken = Axe(), list[tuple[object, ...]]()
    for language, size in product(LANGUAGES, (DESK, PHONE)):
        page.context.set_extra_http_headers({"Accept-Language": language})
        page.set_viewport_size({"width": size[0], "height": size[1]})
        for name, path in paths.items():
            page.goto(home + path)
            assert page.url == home + path
            expect(page.locator("html")).to_have_attribute("lang", language)
            prepare(page)
            where = (name, language, size[0])
            if PICTURES:
                file = f"{name.strip('/').replace('/', '_')}-{language}-{size[0]}.png"
                page.screenshot(path=Path(PICTURES) / file, full_page=True)
            wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            broken += [(*where, "scrolls sideways", wide)] if wide > 0 else []
            if (language, size) in BY_AXE:
                rules = axe.run(page).response["violations"]
                broken += [
                    (*where, rule["id"], [node["target"] for node in rule["nodes"]])
                    for rule in rules
                ]
    return broken


def by_path(*paths: str) -> dict[str, str]:
    """Name pages by their paths."""
    return {path: path for path in paths}
