"""No page breaks a rule of axe: both languages, on a desk and on a phone."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User
from pytest_django.live_server_helper import LiveServer
from tests.acting import TESTS
from tests.console.conftest import LogIn, seen
from tests.console.every_look import broken_rules, by_path
from tests.service.search.conftest import index_all

from mimawari.service.accounts import roles
from mimawari.service.delivery import endpoints
from mimawari.service.delivery.sender import Sender
from mimawari.service.review import queue
from mimawari.service.search import views
from mimawari.service.search.query import Query

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAGES = (
    "/search", "/search?text=pistol&topic=weapons", "/search?text=mug", "/search?last_day=x",
    "/history?verdict=violates",
    "/", "/topics", "/overview", "/proposals", "/webhooks", "/webhooks/{endpoint}", "/review",
    "/review?topic=adult", "/history", "/listing", "/listing?id=L0", "/quality",
    "/quality/weapons", "/worth", "/trials", "/planner", "/password", "/nowhere", "/account",
    "/seller", "/seller?id=s",
)  # fmt: skip
SIZES = ({"width": 1280, "height": 900}, {"width": 390, "height": 844})


def test_no_page_breaks_a_rule_of_axe(
    alerts: int, moderator: LogIn, live_server: LiveServer
) -> None:
    page, _ = moderator("anna")
    roles.change("anna", "admin", TESTS)
    anna = User.objects.get(username="anna")
    alert = queue.next_alert(anna)
    assert alert is not None
    queue.decide(alert, anna, "violates", 1.0)
    views.save(anna, "guns", Query(text="pistol"), shared=True)
    index_all()
    sender = Sender(resolver=lambda _: ["8.8.8.8"])
    endpoint, _ = endpoints.add("https://shop.example/", TESTS, sender=sender)
    paths = by_path(*(path.format(endpoint=endpoint.pk) for path in PAGES))
    assert broken_rules(page, live_server.url, paths) == []


def test_what_opens_on_the_review_page_breaks_no_rule_of_axe(
    alerts: int, moderator: LogIn, live_server: LiveServer
) -> None:
    page, _ = moderator("anna")
    axe, broken = Axe(), []
    for size in SIZES:
        page.set_viewport_size(size)  # type: ignore[arg-type]  # a TypedDict of playwright's
        for keys in ("l", "t", "?", "m"):
            page.goto(f"{live_server.url}/review?topic=weapons")
            seen(page)
            page.keyboard.press(keys)
            opened = "[data-part]:visible, dialog[open]"
            page.locator(opened).first.wait_for()
            found = axe.run(page).response["violations"]
            broken += [(keys, size["width"], rule["id"], rule["nodes"]) for rule in found]
    assert broken == []
