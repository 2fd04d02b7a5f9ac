"""No page breaks a rule of axe: both languages, on a desk and on a phone."""

from __future__ import annotations

from itertools import product

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User
from pytest_django.live_server_helper import LiveServer
from tests.acting import TESTS
from tests.console.conftest import LogIn

from mimawari.service.accounts import roles
from mimawari.service.review import queue

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAGES = (
    "/", "/review", "/review?topic=adult", "/history", "/listing", "/listing?id=L0", "/seller",
    "/seller?id=s", "/quality",
    "/quality/weapons", "/worth", "/trials", "/planner", "/password", "/nowhere",
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
    axe, broken = Axe(), []
    for language, size in product(("en", "ja"), SIZES):
        page.context.set_extra_http_headers({"Accept-Language": language})
        page.set_viewport_size(size)  # type: ignore[arg-type]  # a TypedDict of playwright's
        for path in PAGES:
            page.goto(live_server.url + path)
            assert page.locator("html").get_attribute("lang") == language
            broken += [
                (
                    path,
                    language,
                    size["width"],
                    rule["id"],
                    [node["target"] for node in rule["nodes"]],
                )
                for rule in axe.run(page).response["violations"]
            ]
    assert broken == []
