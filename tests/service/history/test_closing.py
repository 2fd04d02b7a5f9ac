"""Days are closed: written, read back, named; the ledger verifies before, after and between."""

from __future__ import annotations

from datetime import date

import pyarrow.parquet as pq
import pytest
from django.db import DatabaseError, transaction
from tests.acting import TESTS
from tests.service.audit.world import change, problems, recorded
from tests.service.conftest import listing
from tests.service.history.world import DAY, FIRST, Clock, close
from tests.service.working import work_off
from tests.stores import unsealed

from mimawari.datasets.history.columns import rows_of
from mimawari.datasets.history.sent import sent_rows
from mimawari.errors import InvalidInputError
from mimawari.service.catalogue.artifacts import artifacts
from mimawari.service.erasure.seller import erase_seller
from mimawari.service.history import closing, days, editions
from mimawari.service.history.closing import open_days
from mimawari.service.history.models import ClosedDay
from mimawari.service.intake import log
from mimawari.service.intake.models import ListingVersion
from mimawari.service.scoring.models import Score

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_day_is_closed_and_says_what_it_holds(world: Clock) -> None:
    assert open_days(date(2026, 3, 3)) == [DAY, date(2026, 3, 2)]
    row = close()
    assert (row.versions, row.last_number - row.first_number) == (10, 9)
    assert (row.edition, row.cause, row.actor) == (1, "closed", TESTS.name)
    in_force = days.manifests_of(Score.objects.values_list("generation_id", flat=True).distinct())
    scored = rows_of(pq.read_table(days.file_of(row, "scores")), in_force)
    stored = Score.objects.filter(day=DAY).select_related("listing_version")
    assert {(r.number, r.scores, r.rule_scores) for r in scored} == {
        (s.pk, bytes(s.scores), bytes(s.rule_scores)) for s in stored
    }
    assert [r.alerted for r in scored if r.listing_id == "L0"] == [("weapons",)]
    sent = sent_rows(pq.read_table(days.file_of(row, "sent")))
    assert [r.payload for r in sent] == [
        v.payload for v in ListingVersion.objects.filter(score__day=DAY).order_by("pk")
    ]
    assert problems() == []
    (event,) = recorded("closed_day")
    assert (event["reason"], event["details"]["versions"]) == ("it is over", 10)
    assert open_days(date(2026, 3, 3)) == [date(2026, 3, 2)]
    assert close().pk == row.pk, "a second time nothing happens"


def test_days_that_are_not_over_and_without_scores_are_refused(world: Clock) -> None:
    with pytest.raises(InvalidInputError, match="only days that are over are closed"):
        open_days(date(2026, 6, 1))
    with pytest.raises(InvalidInputError, match="2026-02-01: has no scores"):
        close(date(2026, 2, 1))


@pytest.mark.parametrize("step", ["put_file", "record", "write_edition", "_read_back"])
def test_stopped_at_any_step_the_day_is_in_the_log_alone(
    step: str, world: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And is closed by the next try."""
    where = closing if step in {"write_edition", "_read_back"} else editions

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(where, step, stop)
        with pytest.raises(KeyboardInterrupt):
            close()
    assert not ClosedDay.objects.exists()
    assert problems() == []
    assert close().versions == 10
    assert problems() == []
    assert len(artifacts().names(days.FOLDER)) == 4


def test_a_file_that_is_not_read_as_it_was_written_is_not_named(
    world: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mimawari.service.history.sums import RowSum

    monkeypatch.setattr(closing, "_read_back", lambda *_: RowSum())
    with pytest.raises(InvalidInputError, match="is not read as it was written"):
        close()
    assert not ClosedDay.objects.exists()


def test_what_is_scored_meanwhile_stops_it(world: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    original = closing._read_back

    def meanwhile(*values: object) -> object:
        now, world.now = world.now, FIRST
        log.append([listing(77)])
        work_off()
        world.now = now
        return original(*values)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(closing, "_read_back", meanwhile)
        with pytest.raises(InvalidInputError, match="something was scored on it meanwhile"):
            close()
    assert close().versions == 11


@pytest.mark.parametrize("when", ["_read_back", "write_edition", "_is_kept"])
def test_an_erasure_meanwhile_is_seen(
    when: str, world: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it comes before the files are kept, before they have a name, or after it."""
    original, done = getattr(closing, when), []

    def meanwhile(*values: object) -> object:
        if not done:
            done.append(True)
            if when == "write_edition":  # within a transaction: the erasure comes just before it
                artifacts().remove(artifacts().names(days.FOLDER)[2])
            else:
                erase_seller("s", TESTS, "asked")
        return original(*values)

    monkeypatch.setattr(closing, when, meanwhile)
    row = close()
    if when != "write_edition":
        assert all(r.erased for r in sent_rows(pq.read_table(days.file_of(row, "sent"))))
    assert all(days.file_of(row, kind).exists() for kind in days.NAMES)
    assert problems() == []


def test_two_that_close_the_same_day(world: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    original, done = closing._read_back, []

    def meanwhile(*values: object) -> object:
        if not done:
            done.append(True)
            done.append(close())
        return original(*values)  # type: ignore[arg-type]

    monkeypatch.setattr(closing, "_read_back", meanwhile)
    assert close() == done[1]
    assert ClosedDay.objects.count() == 1
    assert problems() == []


def test_the_database_keeps_editions(world: Clock) -> None:
    row = close()
    for act in (row.delete, lambda: row.save(update_fields=("versions",))):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            act()
    with unsealed():
        change("UPDATE history_closedday SET versions = 9")
    assert problems() == [f"history.ClosedDay {row.pk}: is not as its event says: it was changed"]
