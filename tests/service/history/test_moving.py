"""Rows of closed days leave the database; the ledger checks them where they are."""

from __future__ import annotations

from collections import Counter

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.db import connection
from tests.acting import TESTS
from tests.service.audit.world import change, problems, recorded
from tests.service.history.world import DAY, Clock, close

from mimawari.errors import InvalidInputError
from mimawari.service.audit.verify import verify
from mimawari.service.history import days
from mimawari.service.intake.endings import Report, record_ended
from mimawari.service.intake.models import EndReason, ListingVersion
from mimawari.service.retention import moving
from mimawari.service.retention.moving import Left, move
from mimawari.service.scoring.models import Score

pytestmark = pytest.mark.django_db(transaction=True)


def move_day() -> Left:
    return move(close(), TESTS, "a month is over")


def test_rows_leave_and_are_verified_where_they_are(world: Clock) -> None:
    before = verify()
    left = move_day()
    assert (left.versions, dict(left.kept)) == (9, {"alerts": 1})
    assert ListingVersion.objects.count() == Score.objects.count() == 21
    report = verify()
    assert [str(problem) for problem in report.problems] == []
    assert (report.rows, report.removed) == (before.rows, 0), "as many rows are checked as before"
    (event,) = recorded("moved_day")
    assert (event["subject"], event["reason"]) == ("2026-03-01", "a month is over")
    assert event["details"] == {"day": "2026-03-01", "versions": 9}
    again = move_day()
    assert (again.versions, dict(again.kept)) == (0, {"alerts": 1})


@pytest.mark.parametrize("kind", ["scores", "sent"])
@pytest.mark.parametrize("damage", ["changed", "gone"])
def test_what_is_changed_in_a_file_is_found(kind: str, damage: str, world: Clock) -> None:
    row = close()
    move(row, TESTS, "over")
    path = days.file_of(row, kind)
    data, table = path.read_bytes(), pq.read_table(path)
    path.unlink()
    if damage == "changed":
        column = {"scores": "r_weapons", "sent": "payload"}[kind]
        values = [{"scores": 0.25, "sent": "{}"}[kind]] * len(table)
        at = table.column_names.index(column)
        changed = pa.array(values, table.schema.field(at).type)
        pq.write_table(table.set_column(at, column, changed), path)
    found = problems()
    assert found
    assert all("is gone, but its batch is there" in text or "changed" in text for text in found)
    path.write_bytes(data)
    assert problems() == []


def test_nothing_is_deleted_where_a_file_is_not_as_it_was_written(world: Clock) -> None:
    row = close()
    path = days.file_of(row, "totals")
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(InvalidInputError, match=r"totals\.parquet of 2026-03-01: is not as it was"):
        move(row, TESTS, "over")
    assert ListingVersion.objects.count() == 30


def test_what_changed_since_stays(world: Clock) -> None:
    """An end that was told, and what somebody changed by hand: the ledger finds the latter."""
    row = close()
    record_ended([Report("L3", EndReason.SOLD)], TESTS)
    change("UPDATE intake_listingversion SET payload = '{}' WHERE listing_id = 'L4'")
    left = move(row, TESTS, "over")
    assert (left.versions, left.kept) == (7, Counter({"alerts": 1, moving.DIFFERS: 2}))
    assert set(
        ListingVersion.objects.filter(score__day=DAY).values_list("listing_id", flat=True)
    ) == {
        "L0",
        "L3",
        "L4",
    }
    assert len(problems()) == 1


def test_an_end_moves_along(world: Clock) -> None:
    record_ended([Report("L3", EndReason.SOLD)], TESTS)
    assert move_day().versions == 9
    assert problems() == []


def test_killed_between_transactions(world: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """A version is in the database with all its rows or in the files alone."""
    monkeypatch.setattr(moving, "CHUNK", 4)

    def stop(_: Left) -> None:
        raise KeyboardInterrupt

    row = close()
    with pytest.raises(KeyboardInterrupt):
        move(row, TESTS, "over", progress=stop)
    assert ListingVersion.objects.count() == Score.objects.count() == 27
    assert problems() == []
    assert move(row, TESTS, "over").versions == 6
    assert problems() == []


def test_killed_within_a_transaction(world: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    row = close()

    def stop(*_: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM intake_ending")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(moving, "delete_rows", stop)
        with pytest.raises(KeyboardInterrupt):
            move(row, TESTS, "over")
    assert ListingVersion.objects.count() == 30
    assert not recorded("moved_day")
    assert problems() == []
