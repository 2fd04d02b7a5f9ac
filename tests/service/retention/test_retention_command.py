"""`mimawari retention`: what a person at the command line sees."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from tests.acting import TESTS
from tests.service.audit.world import recorded
from tests.service.conftest import listing
from tests.service.working import work_off
from typer.testing import CliRunner, Result

from mimawari.cli.main import app
from mimawari.errors import InvalidInputError
from mimawari.service.accounts import roles
from mimawari.service.intake import log
from mimawari.service.intake.models import ListingVersion
from mimawari.service.platform import clock as database_clock
from mimawari.service.retention import remove as remove_module

pytestmark = pytest.mark.django_db(transaction=True)
ARGUMENTS = ("retention", "--before", "2026-03-04", "--reason", "a year is over")


def run(*words: str) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, [*ARGUMENTS, *words])


@pytest.fixture(autouse=True)
def history(generation: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two days of five listings, one of them with an alert."""
    for day in (1, 2):
        now = datetime(2026, 3, day, 12, tzinfo=UTC)
        monkeypatch.setattr(database_clock, "database_now", lambda now=now: now)
        log.append([listing(10 * day + n, "a cup" if n else "a pistol") for n in range(5)])
        work_off()
    later = now + timedelta(days=30)
    monkeypatch.setattr(database_clock, "database_now", lambda: later)


def test_what_it_says() -> None:
    counted, done, again = run("--dry-run"), run(), run()
    rest = " 8 listing versions of 2026-03-01 to 2026-03-02.\n"
    parts = "With them: 8 scores, 0 candidates, 0 notes of pictures.\nKept 2: alerts 2.\n"
    assert counted.stdout == f"Would remove{rest}{parts}"
    assert done.stdout == f"Removed{rest}{parts}"
    assert again.stdout == "Removed 0 listing versions.\nKept 2: alerts 2.\n"
    assert ListingVersion.objects.count() == 2
    verified = CliRunner().invoke(app, ["audit", "verify"])
    assert "4 rows in batches, 16 removed by retention" in verified.stdout
    assert verified.exit_code == 0


def test_nothing_is_that_old() -> None:
    result = CliRunner().invoke(app, ["retention", "--before", "2020-01-01", "--reason", "x"])
    assert result.stdout == "Nothing is of a day before 2020-01-01.\n"


def test_what_went_before_a_problem_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remove_module, "CHUNK", 5)
    ListingVersion.objects.filter(listing_id="L21").update(payload="{}")
    result = run()
    assert isinstance(result.exception, InvalidInputError)
    assert result.stdout.startswith("Removed 4 listing versions of 2026-03-01 to 2026-03-01")
    assert ListingVersion.objects.count() == 6


def test_it_acts_as_the_account_that_is_named() -> None:
    roles.add("anna", None, "lead", TESTS)
    assert "lacks retention:write" in str(run("--by", "anna").exception)
    roles.change("anna", "admin", TESTS)
    assert run("--by", "anna").exit_code == 0
    assert recorded("removal")[0]["by"] == "anna"
