"""Retention: what goes, what is kept, and that the ledger knows which rows are gone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.backends.utils import CursorWrapper
from tests.acting import TESTS
from tests.service.audit.world import change, problems, recorded
from tests.service.conftest import listing
from tests.service.working import work_off
from tests.stores import unsealed

from mimawari.errors import ForbiddenError, InvalidInputError
from mimawari.records.principal import Principal
from mimawari.service.accounts import roles
from mimawari.service.accounts.authority import principal_of
from mimawari.service.admission.models import Alert
from mimawari.service.audit import remove as batches_module
from mimawari.service.audit import sealing
from mimawari.service.audit.event_kinds import REMOVAL, Removal
from mimawari.service.audit.models import Batch, Event
from mimawari.service.audit.record import record
from mimawari.service.audit.sealing import seal, seal_all
from mimawari.service.audit.verify import verify
from mimawari.service.erasure.seller import erase_seller
from mimawari.service.intake import log
from mimawari.service.intake.models import ListingVersion
from mimawari.service.media.models import Snapshot, SnapshotState
from mimawari.service.platform import clock as database_clock
from mimawari.service.releases import generations
from mimawari.service.retention import remove as remove_module
from mimawari.service.retention.models import Removable
from mimawari.service.retention.remove import remove
from mimawari.service.review import golden, queue
from mimawari.service.review.models import Verdict
from mimawari.service.scoring.models import Candidate, CandidateState, Score
from mimawari.service.trials.models import Kind, Trial

pytestmark = pytest.mark.django_db(transaction=True)
FIRST = datetime(2026, 3, 1, 12, tzinfo=UTC)
OVER = date(2026, 3, 4)


class Clock:
    """The database's clock, which the test sets."""

    def __init__(self) -> None:
        self.now = FIRST


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(database_clock, "database_now", lambda: clock.now)
    return clock


@pytest.fixture
def history(generation: int, clock: Clock) -> Clock:
    """Three days of ten listings, of which one a day is put before moderators; then a month."""
    for day in range(3):
        clock.now = FIRST + timedelta(days=day)
        numbers = range(10 * day, 10 * day + 10)
        log.append([listing(n, "a pistol" if n % 10 == 0 else "a cup") for n in numbers])
        work_off(batch=4)
    clock.now = FIRST + timedelta(days=30)
    seal_all()
    return clock


def names() -> set[str]:
    """The listings that are there."""
    return set(ListingVersion.objects.values_list("listing_id", flat=True))


def test_days_that_are_over_go_and_the_ledger_verifies(history: Clock) -> None:
    tally = remove(date(2026, 3, 3), TESTS, "a year is over")
    assert dict(tally.days) == {date(2026, 3, 1): 9, date(2026, 3, 2): 9}
    assert (tally.rows["intake.ListingVersion"], tally.rows["scoring.Score"]) == (18, 18)
    assert dict(tally.kept) == {"alerts": 2}
    assert names() == {"L0", "L10"} | {f"L{n}" for n in range(20, 30)}
    assert Score.objects.count() == ListingVersion.objects.count() == 12
    assert problems() == []
    report = verify()
    assert (report.rows, report.removed) == (24, 36)
    assert not Removable.objects.exists()


def test_the_event_says_which_rows_of_what_days_by_whom_and_why(history: Clock) -> None:
    numbers = list(ListingVersion.objects.order_by("pk").values_list("pk", flat=True))
    remove(date(2026, 3, 2), TESTS, " a year is over ")
    (event,) = recorded("removal")
    assert (event["by"], event["reason"]) == (TESTS.name, "a year is over")
    assert event["subject"] == "2026-03-02"
    runs = [[numbers[1], numbers[9]]]
    assert event["details"] == {
        "before": "2026-03-02",
        "days": {"2026-03-01": 9},
        "rows": {"intake.ListingVersion": runs, "scoring.Score": runs},
    }
    assert problems() == [], "before its event is sealed"
    seal()
    assert problems() == []


def test_a_second_run_removes_what_is_left(history: Clock) -> None:
    for before, count in ((date(2026, 3, 2), 9), (OVER, 18), (OVER, 0)):
        assert remove(before, TESTS, "over").days.total() == count
        assert problems() == []
    assert len(recorded("removal")) == 2, "a run that removes nothing writes nothing"


def test_of_a_batch_that_is_gone_its_event_alone_is_left(history: Clock) -> None:
    Alert.objects.all().delete()
    remove(OVER, TESTS, "over")
    assert not ListingVersion.objects.exists()
    assert not Batch.objects.exists()
    assert problems() == []


@pytest.mark.parametrize("span", [1, 100_000])
def test_small_transactions_and_wide_batches_come_to_the_same(
    span: int, history: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remove_module, "CHUNK", 7)
    monkeypatch.setattr(batches_module, "USUAL_SPAN", span)
    assert remove(OVER, TESTS, "over").days.total() == 27
    assert len(recorded("removal")) == 5
    assert problems() == []
    assert names() == {"L0", "L10", "L20"}


@pytest.mark.parametrize("chosen", ["L1", "L25"])
@pytest.mark.parametrize("table", ["intake_listingversion", "scoring_score"])
def test_a_row_deleted_by_hand_beside_is_found(table: str, chosen: str, history: Clock) -> None:
    """Whether on a day that was removed, where an alert keeps a row, or on another."""
    remove(date(2026, 3, 3), TESTS, "over")
    kept = ListingVersion.objects.get(listing_id="L0" if chosen == "L1" else chosen).pk
    column = "id" if table == "intake_listingversion" else "listing_version_id"
    with unsealed(), transaction.atomic():  # foreign keys are looked at when it ends
        change(f"DELETE FROM {table} WHERE {column} = %s", kept)
        found = problems()
        transaction.set_rollback(True)
    name = {"intake_listingversion": "intake.ListingVersion", "scoring_score": "scoring.Score"}
    assert found == [f"{name[table]} {kept}: is gone, but its batch is there: deleted"]


def test_a_row_that_comes_back_is_found(history: Clock) -> None:
    version = ListingVersion.objects.get(listing_id="L5")
    remove(OVER, TESTS, "over")
    version.save(force_insert=True)
    assert problems() == [
        f"intake.ListingVersion {version.pk}: was removed and is there: "
        "it was inserted past the service"
    ]


def test_an_event_that_is_gone_is_found_with_each_row(history: Clock) -> None:
    remove(date(2026, 3, 2), TESTS, "over")
    with unsealed():
        change("DELETE FROM audit_event WHERE kind = 'removal'")
    texts = problems()
    rows = [text for text in texts if text.endswith(": was removed, but no event tells of it")]
    batches = [text for text in texts if "its salts are gone" in text]
    # The batch of nine listings and an alert's; the alert's batch of scores, and two others.
    assert (len(rows), len(batches), len(texts)) == (9 + 3, 2, 14)


def test_a_removal_of_rows_that_no_batch_holds_is_found(history: Clock) -> None:
    remove(date(2026, 3, 2), TESTS, "over")
    with transaction.atomic():
        record(REMOVAL, "x", TESTS, Removal("2026-03-02", {}, {"scoring.Score": ((900, 901),)}))
    assert problems() == ["scoring.Score 900 to 901: were removed, but are not all in a batch"]


def test_what_was_erased_goes_too(history: Clock) -> None:
    remove(date(2026, 3, 2), TESTS, "over")
    erase_seller("s", TESTS, "asked")
    remove(OVER, TESTS, "over")
    assert problems() == []
    assert names() == {"L0", "L10", "L20"}


def test_what_was_changed_is_not_removed(history: Clock) -> None:
    """Removing it would hide the change for ever."""
    change("UPDATE intake_listingversion SET payload = '{}' WHERE listing_id = 'L4'")
    with pytest.raises(InvalidInputError, match=r"removing its rows would hide that.*audit verify"):
        remove(OVER, TESTS, "over")
    assert len(names()) == 30
    assert not recorded("removal")


def test_what_is_not_sealed_is_kept(history: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    history.now = FIRST + timedelta(days=1)
    log.append([listing(50)])
    work_off()
    history.now = FIRST + timedelta(days=30)
    monkeypatch.setattr(remove_module, "seal_all", lambda: 0)
    assert remove(OVER, TESTS, "over").kept["not sealed in the ledger"] == 1
    assert "L50" in names()
    assert sealing.seal() > 0


@pytest.fixture
def anna(history: Clock) -> User:
    return roles.add("anna", None, "moderator", TESTS)


def test_what_somebody_needs_is_kept(history: Clock, anna: User) -> None:
    alert = queue.next_alert(anna)
    assert alert is not None
    queue.decide(alert, anna, Verdict.VIOLATES, 1.5)
    decided = alert.listing_version
    versions = {row.listing_id: row for row in ListingVersion.objects.all()}
    golden.add("L3", "weapons", Verdict.VIOLATES, TESTS, "known")
    Candidate.objects.create(
        listing_version=versions["L4"], topic="weapons", day=FIRST.date(), score=0.5,
        in_round=True, state=CandidateState.IN_ROUND,
    )  # fmt: skip
    Candidate.objects.create(
        listing_version=versions["L5"], topic="weapons", day=FIRST.date(), score=0.5,
        state=CandidateState.REFUSED,
    )  # fmt: skip
    Snapshot.objects.create(listing_version=versions["L6"], position=0, url="u", due_at=FIRST)
    Snapshot.objects.create(
        listing_version=versions["L7"], position=0, url="u", due_at=FIRST,
        state=SnapshotState.GAVE_UP,
    )  # fmt: skip
    history.now = FIRST + timedelta(days=1)
    log.append([listing(60)])
    history.now = FIRST + timedelta(days=30)
    tally = remove(OVER, TESTS, "over")
    assert dict(tally.kept) == {
        "alerts": 3,
        "golden items": 1,
        "waiting for a list": 1,
        "waiting for a picture": 1,
        "waiting to be scored": 1,
    }
    assert {"L3", "L4", "L6", "L60", decided.listing_id} <= names()
    assert not {"L5", "L7"} & names()
    assert (tally.rows["media.Snapshot"], Snapshot.objects.count()) == (1, 1)
    assert problems() == []


def test_older_versions_that_were_never_scored_are_of_the_day_they_came(history: Clock) -> None:
    history.now = FIRST + timedelta(days=1)
    log.append([listing(70, version=5), listing(70, version=4)])
    history.now = FIRST + timedelta(days=20)
    work_off()
    tally = remove(OVER, TESTS, "over")
    left = ListingVersion.objects.filter(listing_id="L70").values_list("version", flat=True)
    assert list(left) == [5], "scored on a day that is kept"
    assert tally.days[date(2026, 3, 2)] == 10


def test_a_dry_run_counts_the_same_and_changes_nothing(history: Clock) -> None:
    before = ListingVersion.objects.count(), Event.objects.count()
    counted = remove(OVER, TESTS, "over", dry_run=True)
    assert (ListingVersion.objects.count(), Event.objects.count()) == before
    assert counted == remove(OVER, TESTS, "over")


def test_what_is_refused(history: Clock, anna: User) -> None:
    with pytest.raises(InvalidInputError, match="only days that are over"):
        remove(date(2026, 4, 1), TESTS, "over")
    with pytest.raises(InvalidInputError, match="reason: is empty"):
        remove(OVER, TESTS, "  ")
    for role in ("moderator", "ml_engineer", "auditor"):
        roles.change("anna", role, TESTS)
        with pytest.raises(ForbiddenError, match="retention:write"):
            remove(OVER, principal_of(anna), "over")
    roles.change("anna", "admin", TESTS)
    assert remove(OVER, principal_of(anna), "over").days.total() == 27
    assert recorded("removal")[0]["by"] == "anna"


def test_a_back_test_that_reads_history_keeps_it(history: Clock) -> None:
    newest = generations.current()
    assert newest is not None
    trial = Trial.objects.create(
        kind=Kind.BACKTEST, topic="weapons", candidate="m", generation_id=newest.number,
        design={}, created_at=FIRST, actor="", reason="",
    )  # fmt: skip
    with pytest.raises(InvalidInputError, match=f"back-test {trial.pk} is reading"):
        remove(OVER, TESTS, "over")


@pytest.fixture
def other() -> Iterator[CursorWrapper]:
    """Somebody else in a transaction."""
    beside = connection.copy()
    with beside.cursor() as cursor:
        cursor.execute("BEGIN")
        yield cursor
    beside.close()


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer")
def test_what_others_are_changing_is_left_to_the_next_run(
    history: Clock, other: CursorWrapper
) -> None:
    other.execute("UPDATE intake_listingversion SET state = 3 WHERE listing_id = 'L6'")
    assert remove(OVER, TESTS, "over").days.total() == 26
    assert "L6" in names()
    other.execute("COMMIT")
    assert remove(OVER, TESTS, "over").days.total() == 1
    assert problems() == []


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has one writer")
def test_no_alert_is_opened_on_what_is_being_removed(history: Clock, other: CursorWrapper) -> None:
    other.execute(
        "INSERT INTO admission_alert (listing_version_id, topic, day, purpose, score, priority,"
        " state, created_at)"
        " SELECT id, 'weapons', '2026-03-01', 'top_k', 0.5, 0.5, 'open', received_at"
        " FROM intake_listingversion WHERE listing_id = 'L5'"
    )
    assert remove(OVER, TESTS, "over").days.total() == 27
    with pytest.raises(IntegrityError, match="foreign key"):
        other.execute("COMMIT")
    assert Alert.objects.count() == 3
    assert problems() == []


TABLES = ("intake_listingversion", "scoring_score", "scoring_candidate")


@pytest.mark.parametrize("table", TABLES)
def test_the_database_refuses_to_delete(table: str, history: Clock) -> None:
    statements = [f"DELETE FROM {table}"]
    if connection.vendor == "postgresql":
        statements.append(f"TRUNCATE {table} CASCADE")
    else:
        statements.append(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")
    for statement in statements:
        with pytest.raises(DatabaseError, match="only mimawari retention"), transaction.atomic():
            change(statement)
    assert problems() == []


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL replaces no rows")
@pytest.mark.parametrize(
    "assignments",
    ["id = (SELECT max(id) FROM intake_listingversion)", "listing_id = 'L9'"],
)
def test_sqlite_refuses_to_replace_by_an_update(assignments: str, history: Clock) -> None:
    with pytest.raises(DatabaseError, match="only mimawari retention"), transaction.atomic():
        change(f"UPDATE OR REPLACE intake_listingversion SET {assignments} WHERE listing_id = 'L1'")
    assert len(names()) == 30


def test_a_permit_without_an_event_is_found(history: Clock) -> None:
    """Whoever owns the database can deceive the trigger, not the verification."""
    number = ListingVersion.objects.get(listing_id="L5").pk
    with transaction.atomic():
        Removable.objects.create(version=number)
        for table, column in (
            ("scoring_candidate", "listing_version_id"),
            ("scoring_score", "listing_version_id"),
            ("intake_listingversion", "id"),
        ):
            change(f"DELETE FROM {table} WHERE {column} = %s", number)
        change("DELETE FROM retention_removable")
    assert problems() == [
        f"intake.ListingVersion {number}: is gone, but its batch is there: deleted",
        f"scoring.Score {number}: is gone, but its batch is there: deleted",
    ]


def test_every_table_has_its_triggers(db: None) -> None:
    """SQLite drops a table's triggers when a migration makes the table anew."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT tbl_name FROM sqlite_master WHERE sql LIKE '%BEFORE DELETE%'")
        else:
            cursor.execute(
                "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE '%no_delete'"
            )
        assert {*TABLES, "media_snapshot"} <= {row[0] for row in cursor.fetchall()}


def test_an_operator_is_named(history: Clock) -> None:
    remove(OVER, Principal.operator("grace"), "over")
    assert recorded("removal")[0]["by"] == "grace"
