"""The page of a listing says what a second stage made of it, in both languages, to who may see."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer
from tests.acting import TESTS
from tests.console.conftest import LogIn
from tests.remote.server import Model
from tests.service.second_stage.world import (
    Stage,
    answers_well,
    ask,
    listing,
    merge,
    submit,
    write_topic,
)

from mimawari.service.accounts import roles
from mimawari.service.releases.activating import activate_precisions, activate_topic_file

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SIZES = ((1360, 900), (390, 844))
HOSTILE = "a w5 <script>document.title='owned'</script>, yes"


@pytest.fixture
def ranked(tmp_path: Path) -> Iterator[None]:
    """Rank a listing by its answer, and leave another waiting for one."""
    path = write_topic(tmp_path)
    activate_topic_file(path, TESTS, "set-up")
    activate_precisions({f"weapons/w{n}": n / 10 for n in range(1, 10)}, TESTS, "set-up")
    with Model() as model:
        model.reply = answers_well
        Stage(path, model).put(m=2)
        submit(listing(1, 5, title=HOSTILE))
        merge()
        ask()
        merge()
        submit(listing(2, 4))
        merge()
        yield


def test_the_page_of_a_listing_says_why_it_is_ranked_there(
    ranked: None, moderator: LogIn, live_server: LiveServer
) -> None:
    page, _ = moderator("anna")
    page.goto(f"{live_server.url}/listing?id=L1")
    expect(page.get_by_text("weapons-second-")).to_have_count(0)  # it would sway who judges
    roles.change("anna", "auditor", TESTS)
    axe, broken, pictures = Axe(), [], os.environ.get("CONSOLE_PICTURES")
    texts = {
        "en": ("50.0% became 62.2% by default weights", "waits until"),
        "ja": ("50.0% → 62.2%", "遅くとも"),
    }
    for language, size, place in product(("en", "ja"), SIZES, (1, 2)):
        page.context.set_extra_http_headers({"Accept-Language": language})
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.goto(f"{live_server.url}/listing?id=L{place}")
        expect(page.get_by_text(texts[language][place - 1]).first).to_be_visible()
        if pictures:
            page.screenshot(path=Path(pictures) / f"{place}-{language}-{size[0]}.png")
        where = (place, language, size[0])
        violations = axe.run(page).response["violations"]
        broken += [(*where, rule["id"]) for rule in violations]
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        broken += [(*where, "scrolls sideways", wide)] if wide > 0 else []
    assert broken == []
