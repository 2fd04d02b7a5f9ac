"""Pages of the closed loop: no rule of axe is broken, nothing scrolls sideways, both languages."""

from __future__ import annotations

import os
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer
from tests.acting import TESTS
from tests.console.conftest import LogIn
from tests.service.catalogue.world import HOSTILE
from tests.service.working import work_off

from mimawari.listings.listing import Listing
from mimawari.service.accounts import roles
from mimawari.service.campaigns.changing import change, create
from mimawari.service.campaigns.filling import fill_all
from mimawari.service.campaigns.models import CampaignState
from mimawari.service.campaigns.plan import Plan, Source
from mimawari.service.edge_cases import bank
from mimawari.service.intake import log
from mimawari.service.intake.models import ListingVersion
from mimawari.service.review import hard_cases

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SIZES = ((1280, 900), (390, 844))


@pytest.fixture
def paths(alerts: int) -> list[str]:
    """Keep two edge cases, one retired; gives the pages."""
    first, second = ListingVersion.objects.order_by("pk")[:2]
    for version, verdict in ((first, "violates"), (second, "does_not_violate")):
        hard_cases.add(version.listing_id, "weapons", "disguise", TESTS, HOSTILE, verdict)
    bank.retire(bank.standing("weapons")[1].pk, TESTS, HOSTILE * 3)
    until = timezone.now().date() + timedelta(days=20)
    plan = Plan(
        sources=tuple(Source), budget=3, beyond=3, until=until, labels=500, least_yield=0.1,
        category=HOSTILE, retrain=True,
    )  # fmt: skip
    create("weapons", HOSTILE * 2, plan, TESTS, HOSTILE)
    named = Plan(sources=(Source.RANDOM,), budget=3, beyond=3, until=until, violations=1)
    number = create("weapons", "knives in Japanese", named, TESTS, "").campaign_id
    log.append([Listing(id=f"C{i}", version=1, seller_id="s", title=f"cup {i}") for i in range(9)])
    work_off()
    fill_all()
    change(number, TESTS, HOSTILE, state=CampaignState.PAUSED)
    return [
        "/campaigns",
        f"/campaigns/{number}",
        f"/campaigns/{number - 1}",
        "/topics/weapons/edge-cases",
        "/topics/weapons/edge-cases?before=1",
        f"/listing?id={first.listing_id}",
    ]


def test_no_page_breaks_a_rule_of_axe(
    paths: list[str], moderator: LogIn, live_server: LiveServer
) -> None:
    page, _ = moderator("anna")
    roles.change("anna", "admin", TESTS)
    axe, broken, pictures = Axe(), [], os.environ.get("CONSOLE_PICTURES")
    for language, size in product(("en", "ja"), SIZES):
        page.context.set_extra_http_headers({"Accept-Language": language})
        page.set_viewport_size({"width": size[0], "height": size[1]})
        for number, path in enumerate(paths):
            page.goto(live_server.url + path)
            expect(page.locator("html")).to_have_attribute("lang", language)
            page.locator("main details").evaluate_all(
                "all => all.forEach((one) => { one.open = true; })"
            )
            if pictures:
                name = f"{number}-{language}-{size[0]}.png"
                page.screenshot(path=Path(pictures) / name, full_page=True)
            where = (path, language, size[0])
            found = axe.run(page).response["violations"]
            broken += [(*where, one["id"], [n["target"] for n in one["nodes"]]) for one in found]
            wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            broken += [(*where, "scrolls sideways", wide)] if wide > 0 else []
    assert broken == []
