"""Pages of the closed loop: no rule of axe is broken, nothing scrolls sideways, both languages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer
from tests.acting import TESTS
from tests.console.conftest import LogIn
from tests.console.every_look import broken_rules, by_path
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
    assert broken_rules(page, live_server.url, by_path(*paths), open_all) == []


def open_all(page: Page) -> None:
    page.locator("main details").evaluate_all("all => all.forEach((one) => { one.open = true; })")
