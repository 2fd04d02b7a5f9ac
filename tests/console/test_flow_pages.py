"""The pages of flow runs: what they say, to whom, and that axe finds nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.db import transaction
from django.test import Client
from pytest_django.live_server_helper import LiveServer
from tests.acting import TESTS
from tests.console.conftest import LogIn
from tests.console.every_look import broken_rules, by_path
from tests.small_model import small_model

from mimawari.flows.progress import Progress
from mimawari.flows.records import HistoryDay, Request, Served
from mimawari.flows.run_folder import CARD
from mimawari.service.accounts import roles
from mimawari.service.flows import exporting, runs
from mimawari.service.flows.models import FlowRun, Outcome, RunState
from mimawari.service.releases.activating import register_model

pytestmark = pytest.mark.django_db(transaction=True)
LINES = (
    "2026-03-01 10:00:00.000 [12/start/1 (pid 7)] Task is starting.",
    "2026-03-01 10:00:01.000 [12/start/1 (pid 7)] Task finished successfully.",
    "2026-03-01 10:00:02.000 [12/replay/2 (pid 8)] Task is starting.",
    "2026-03-01 10:00:02.000 [12/replay/3 (pid 9)] Task is starting.",
    "2026-03-01 10:00:09.000 [12/replay/2 (pid 8)] Task finished successfully.",
)


@pytest.fixture
def engineer(generation: int) -> Client:
    browser = Client()
    browser.force_login(roles.add("mira", None, "ml_engineer", TESTS))
    return browser


def asked(model: str) -> Request:
    day = date(2026, 3, 1)
    days = tuple(
        HistoryDay(day=day + timedelta(days=i), versions=9, scores="a", sent="b", totals="c")
        for i in range(3)
    )
    return Request(
        run="", topics=("weapons",), by="", at=datetime.now(UTC), models={"weapons": model},
        days=days, served=Served(capacities={"weapons": 5}),
    )  # fmt: skip


def begun(model: str) -> FlowRun:
    run = runs.begin("backtest", asked(model), TESTS, "is it better in spring?")
    progress = Progress()
    for i, line in enumerate(LINES):
        progress.note(line, datetime(2026, 3, 1, 10, 0, i, tzinfo=UTC))
    assert runs.beat(run, "12", progress)
    return run


def ended(model: str) -> FlowRun:
    run = begun(model)
    outcome = Outcome(problems={"weapons": "a <b>problem</b>"})
    exporting.folder_of(run).write_text(CARD, "<!doctype html><title>the card</title>")
    with transaction.atomic():
        runs.end(run, RunState.SUCCEEDED, outcome, TESTS)
    return run


@pytest.fixture
def model(generation: int, tmp_path: Path) -> str:
    return register_model(small_model(tmp_path / "model"), TESTS)


def test_runs_are_listed_with_their_step_and_link_to_their_model(
    engineer: Client, model: str
) -> None:
    assert "No flow has run yet" in engineer.get("/flows").content.decode()
    first, second = ended(model), begun(model)
    page = engineer.get("/flows").content.decode()
    for text in (first.pk, second.pk, "replay: 1 of 2 tasks", "3 days, 2026-03-01 to 2026-03-03"):
        assert text in page, text
    page = engineer.get(f"/models/{model}").content.decode()
    assert f"/flows/{first.pk}" in page
    assert "/flows" in engineer.get("/models").content.decode()


def test_a_run_says_what_it_read_and_how_far_it_is(engineer: Client, model: str) -> None:
    run = begun(model)
    page = engineer.get(f"/flows/{run.pk}").content.decode()
    for text in ("1 / 2", "2.0 s", f"/models/{model}", "Look again", "is it better in spring?"):
        assert text in page, text
    assert "flow resume" not in page
    assert "Open the card" not in page
    runs.stop(run.pk, TESTS, "wrong")
    assert f"mimawari flow resume {run.pk}" in engineer.get(f"/flows/{run.pk}").content.decode()


def test_the_card_is_given_so_that_nothing_of_it_runs(engineer: Client, model: str) -> None:
    run = ended(model)
    page = engineer.get(f"/flows/{run.pk}").content.decode()
    assert "a &lt;b&gt;problem&lt;/b&gt;" in page
    card = engineer.get(f"/flows/{run.pk}/card")
    assert b"the card" in card.content
    assert card["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    )
    (exporting.folder_of(run).path / CARD).unlink()
    assert engineer.get(f"/flows/{run.pk}/card").status_code == 404
    assert engineer.get("/flows/backtest-nothing").status_code == 404


def test_who_may_not_manage_models_or_the_topic_sees_none(model: str) -> None:
    run = ended(model)
    for name, role, topics in (("lea", "lead", []), ("ada", "ml_engineer", ["adult"])):
        browser = Client()
        browser.force_login(roles.add(name, None, role, TESTS, topics=topics))
        assert browser.get(f"/flows/{run.pk}").status_code == 403
        assert browser.get(f"/flows/{run.pk}/card").status_code == 403
        assert run.pk not in browser.get("/flows").content.decode()


@pytest.mark.browser
def test_no_page_breaks_a_rule_of_axe(
    model: str, moderator: LogIn, live_server: LiveServer
) -> None:
    page, _ = moderator("anna")
    roles.change("anna", "admin", TESTS)
    over = ended(model)
    paths = ("/flows", f"/flows/{over.pk}", f"/flows/{begun(model).pk}", f"/models/{model}")
    assert broken_rules(page, live_server.url, by_path(*paths)) == []
