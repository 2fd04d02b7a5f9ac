"""`mimawari history` and the keeper's loop, as an operator meets them."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest
from django.conf import settings
from django.test import override_settings
from tests.acting import TESTS
from tests.service.audit.world import problems
from tests.service.conftest import listing
from tests.service.history.world import DAY, FIRST, Clock, close
from tests.service.working import work_off
from typer.testing import CliRunner, Result

from mimawari.cli.main import app
from mimawari.service.accounts import roles
from mimawari.service.history import days
from mimawari.service.history.models import ClosedDay
from mimawari.service.intake import log
from mimawari.service.intake.models import ListingVersion
from mimawari.service.platform.leases import HeldLease
from mimawari.service.retention import closer
from mimawari.service.retention.closer import DayCloser

pytestmark = pytest.mark.django_db(transaction=True)
WHY = ("--reason", "a month is over")


def run(*words: str) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, ["history", *words])


def test_close_list_show_and_verify(world: Clock) -> None:
    assert (
        "No day before 2026-02-01 is open." in run("close", "--before", "2026-02-01", *WHY).output
    )
    closed = run("close", "--before", "2026-03-03", *WHY)
    assert "2026-03-01 is closed: 10 versions" in closed.output, closed.output
    assert "2026-03-02 is closed" in closed.output
    assert ClosedDay.objects.count() == 2
    listed = run("list").output
    assert "in both" in listed
    moved = run("close", "--before", "2026-03-03", "--move", *WHY).output
    assert "2026-03-01: 9 versions left the database, 1 stay (alerts)." in moved, moved
    assert "in files" in run("list").output
    shown = run("show", "L0").output
    assert "weapons" in shown
    assert "yes" in shown
    assert "scored" in run("show", "L5").output
    assert run("show", "L999").exit_code == 2
    assert "2 closed days are as they were written." in run("verify").output


def test_what_verify_finds(world: Clock) -> None:
    row = close()
    path = days.file_of(row, "scores")
    path.write_bytes(b"x")
    days.file_of(row, "totals").unlink()
    other = days.file_of(row, "sent").parent
    other.rename(other.with_name("2026-03-01-sent-000000000000"))
    found = run("verify")
    assert found.exit_code == 1
    for said in (
        "2026-03-01: scores.parquet is not as it was written",
        "totals.parquet: cannot be read",
        "is not in",
        "history/2026-03-01-sent-000000000000: belongs to no closed day",
    ):
        assert said in found.output, found.output


def test_a_score_that_came_too_late_is_named(world: Clock) -> None:
    close()
    world.now = FIRST
    log.append([listing(77)])
    work_off()
    found = run("verify")
    assert "2026-03-01: 1 versions were scored on it after it was closed" in found.output


def test_only_who_may_closes(world: Clock) -> None:
    roles.add("mo", None, "moderator", TESTS)
    assert run("close", *WHY, "--by", "mo").exception is not None
    assert not ClosedDay.objects.exists()


@pytest.mark.parametrize("moves", [False, True])
def test_the_keeper_closes_days_that_are_over(
    world: Clock, moves: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(closer, "SHARE", 1.0)
    lease = HeldLease("keeper")
    loop = DayCloser(lease)
    assert not loop.turn(), "the lease is another's"
    assert lease.take()
    changed = msgspec.structs.replace(settings.CONFIG, history_after_days=59, history_moves=moves)
    with override_settings(CONFIG=changed):
        turns = 0
        while loop.turn():
            turns += 1
    assert set(ClosedDay.objects.values_list("day", flat=True)) == {DAY}
    assert turns == (2 if moves else 1)
    assert ListingVersion.objects.count() == (21 if moves else 30)
    assert problems() == []


def test_the_keeper_leaves_days_open_where_nobody_wants_files(world: Clock) -> None:
    lease = HeldLease("keeper")
    assert lease.take()
    with override_settings(CONFIG=msgspec.structs.replace(settings.CONFIG, history_after_days=0)):
        assert not DayCloser(lease).turn()
    assert not ClosedDay.objects.filter(day__gte=date(2026, 1, 1)).exists()
