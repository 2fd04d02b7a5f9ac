"""Pages of the catalogue: no rule of axe is broken, nothing scrolls sideways, in both languages."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from bench.reads.fill import CONCLUDED
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer
from tests.acting import TESTS
from tests.console.conftest import LogIn
from tests.releasing import measured
from tests.service.catalogue.conftest import own_state
from tests.service.catalogue.world import (
    ENSEMBLE,
    HOSTILE,
    client,
    data_set,
    labelled,
    model,
    put,
    trial,
)

from mimawari.evaluation.gates import Stage
from mimawari.records.deployment import Slot
from mimawari.service.accounts import roles
from mimawari.service.releases.stages import Wish, enter

__all__ = ["own_state"]  # a fixture of this file
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
A, B = "weapons-aaaaaaaaaaaa", "weapons-bbbbbbbbbbbb"
SPARE, SHADOW = "weapons-cccccccccccc", "weapons-dddddddddddd"
OUTSIDE = """(boxes) => boxes.filter((box) => {
  const [text, around] = ["text", "rect"].map((name) => box.querySelector(name).getBBox());
  return text.x + text.width > around.x + around.width;
}).map((box) => box.textContent)"""
SIZES, SCHEMES = ((1280, 900), (390, 844), (320, 700)), ("light", "dark")


@pytest.fixture
def paths(alerts: int, tmp_path: Path) -> list[str]:
    """Fill the catalogue, and give its pages."""
    old, new = data_set(tmp_path, labelled(40)), data_set(tmp_path, labelled(50, 3), days=20)
    model(A, data_set=old.pk, shop=HOSTILE)
    model(B, ENSEMBLE, minutes=1, data_set=new.pk, dropped=HOSTILE * 5)
    for version in (SPARE, SHADOW):
        model(version, by=HOSTILE)
    put(A, "a first model " + "without a space" * 20)
    put(SHADOW, "a shadow", Slot.SHADOW)
    put(B, HOSTILE, Slot.CANARY)
    number = trial(B, A).pk
    put(B, "it won", evidence={"trial": number, "evidence": CONCLUDED.plain()})
    measured(A, auprc=0.41, golden_scores=0.0, milliseconds=1.0, megabytes=12.0)
    enter(Wish(model=A, stage=Stage.VALIDATED, reason="a look", override=HOSTILE), TESTS)
    return [
        "/models",
        "/models?slot=boss",
        "/models?text=nothing",
        "/models/neglected",
        "/models/neglected?unused=x",
        f"/models/{A}",
        f"/models/{B}",
        f"/models/compare?a={A}&b={B}",
        "/topics/weapons/versions?at=2100-01-01T00:00",
        "/topics/weapons/versions?at=x",
        "/data-sets",
        f"/data-sets/{new.pk}?from={old.pk}",
        f"/data-sets/{new.pk}?from=nothing",
    ]


def open_all(page: Page) -> None:
    """Open whatever is folded away."""
    page.locator("main details").evaluate_all("all => all.forEach((one) => { one.open = true; })")


def test_no_page_of_the_catalogue_breaks_a_rule_of_axe(
    paths: list[str], moderator: LogIn, live_server: LiveServer
) -> None:
    page, _ = moderator("anna")
    roles.change("anna", "admin", TESTS)
    axe, broken = Axe(), []
    for language, (size, scheme) in product(("en", "ja"), zip(SIZES, SCHEMES * 2, strict=False)):
        page.context.set_extra_http_headers({"Accept-Language": language})
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of two words
        for path in paths:
            page.goto(live_server.url + path)
            expect(page.locator("html")).to_have_attribute("lang", language)
            open_all(page)
            where = (path, language, size[0])
            found = axe.run(page).response["violations"]
            broken += [(*where, one["id"], [n["target"] for n in one["nodes"]]) for one in found]
            wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            broken += [(*where, "scrolls sideways", wide)] if wide > 0 else []
    assert broken == []


def test_from_a_model_to_its_data_set_by_the_picture(
    paths: list[str], moderator: LogIn, live_server: LiveServer
) -> None:
    page, complaints = moderator("anna")
    roles.change("anna", "admin", TESTS)
    page.goto(f"{live_server.url}/models?text=bbbb")
    page.get_by_role("link", name=B).click()
    box = page.locator(".flow a.data")
    assert page.locator(".flow .box").evaluate_all(OUTSIDE) == []
    box.focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("weapons-")
    page.get_by_role("link", name=B).click()
    page.select_option("select[name=b]", A)
    page.click("text=Side by side")
    page.click("text=How their data sets differ")
    expect(page.locator("main")).to_contain_text("13 labels differ.")
    assert complaints == []
    assert client("lead").get(f"/models/{B}").content.decode().count("/data-sets/") == 0
