"""The pages Monitoring and Alarms: what they draw, say and take; within axe's rules."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django.live_server_helper import LiveServer
from tests.acting import TESTS
from tests.console.conftest import LogIn
from tests.console.every_look import broken_rules, by_path
from tests.console.watched import fill

from mimawari.service.accounts import roles
from mimawari.service.monitoring.drifting.kept import refresh_shares

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def lea(db: None) -> Client:
    browser = Client()
    browser.force_login(roles.add("lea", None, "lead", TESTS))
    return browser


def test_an_empty_store_says_that_it_learns(alerts: int, lea: Client) -> None:
    assert "Nothing was counted yet" in lea.get("/monitoring").content.decode()
    page = lea.get("/monitoring/weapons").content.decode()
    assert "No day is over yet" in page
    assert refresh_shares()  # what is kept of nothing says the same
    assert "Nothing was counted yet" in lea.get("/monitoring").content.decode()
    assert lea.get("/monitoring/nothing").status_code == 404


def test_a_watched_store_is_drawn_with_its_alarms(alerts: int, lea: Client) -> None:
    fill()
    page = lea.get("/monitoring").content.decode()
    assert page.count("<svg") >= 6
    assert "language: ja" in page
    assert "1 open alarm" in page
    page = lea.get("/monitoring/weapons").content.decode()
    for text in ("Alerts a day", "Precision a day", "weapons-0123456789ab", "▲", "as usual where"):
        assert text in page, text


def test_who_is_restricted_sees_no_other_topic(alerts: int) -> None:
    fill()
    browser = Client()
    browser.force_login(roles.add("ada", None, "lead", TESTS, topics=["adult"]))
    assert "weapons" not in browser.get("/monitoring").content.decode()
    assert browser.get("/monitoring/weapons").status_code == 404


@pytest.mark.browser
def test_no_page_breaks_a_rule_of_axe(
    alerts: int, moderator: LogIn, live_server: LiveServer
) -> None:
    page, _ = moderator("anna")
    roles.change("anna", "admin", TESTS)
    paths = ("/alarms", f"/alarms/{fill()}", "/monitoring", "/monitoring/weapons")
    assert broken_rules(page, live_server.url, by_path(*paths)) == []
