"""Sealing: every event once, in order, whoever seals and whatever is killed when."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError, OperationalError
from tests.service.audit.world import ANNA, NOTE, Note, change, newest, places, problems, write
from tests.stores import unsealed

from mimawari.errors import InvalidInputError
from mimawari.ledger import tiles
from mimawari.ledger.merkle import root_of
from mimawari.service.audit import keys, models, sealing, storage
from mimawari.service.audit.record import record
from mimawari.service.audit.sealing import seal, seal_all
from mimawari.service.audit.verify import verify

pytestmark = pytest.mark.django_db(transaction=True)


def root() -> bytes:
    """The root over the leaves of all sealed events, computed the plain way."""
    rows = models.Event.objects.exclude(sequence=None).order_by("sequence")
    return root_of(sealing.leaf(row, i).hash() for i, row in enumerate(rows))


def test_events_are_sealed_in_order_and_signed() -> None:
    assert seal() == 0
    assert storage.newest_note() is None
    write(3)
    assert places() == [None] * 3
    assert (verify().events, verify().waiting) == (0, 3)
    assert seal() == 3
    assert seal() == 0
    write(2)
    assert seal() == 2
    assert places() == [0, 1, 2, 3, 4]
    assert (newest().size, newest().root) == (5, root())
    assert models.Checkpoint.objects.count() == 2
    assert problems() == []


def test_tiles_grow_over_many_batches() -> None:
    with transaction.atomic():
        for i in range(700):
            record(NOTE, i, ANNA, Note("x"))
    assert seal(250) == 250
    assert seal(7) == 7
    assert seal_all(200) == 443
    assert (newest().size, newest().root) == (700, root())
    assert tiles.root(storage.StoredTiles(), 700) == root()
    assert {(t.level, t.number) for t in models.Tile.objects.all()} == {
        (0, 0),
        (0, 1),
        (0, 2),
        (1, 0),
    }
    assert problems() == []


def test_an_event_needs_the_transaction_of_its_change() -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        record(NOTE, 1, ANNA, Note("x"))
    with pytest.raises(TypeError, match="needs Note"), transaction.atomic():
        record(NOTE, 1, ANNA, ANNA)
    assert not models.Event.objects.exists()


def test_what_is_rolled_back_never_happened() -> None:
    with transaction.atomic():
        record(NOTE, 1, ANNA, Note("x"))
        transaction.set_rollback(True)
    assert seal() == 0


def in_thread(work: Callable[[], object]) -> threading.Thread:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_late_commits_are_not_lost() -> None:
    """A lower number that is committed after higher ones were sealed gets a later place."""
    if connection.vendor == "sqlite":  # one writer at a time: the order is made by hand
        late, early = write(2)
        change("UPDATE audit_event SET sequence = NULL WHERE id = %s", late)
        first = models.Event.objects.filter(pk=late)
        kept = first.values().get()
        with unsealed():
            first.delete()
        assert seal() == 1
        models.Event.objects.create(**kept)
    else:
        begun, go = threading.Event(), threading.Event()

        def slow() -> None:
            with transaction.atomic():
                record(NOTE, "late", ANNA, Note("late"))
                begun.set()
                assert go.wait(30)

        thread = in_thread(slow)
        assert begun.wait(30)
        (early,) = write(1)
        assert seal() == 1
        go.set()
        thread.join()
        late = models.Event.objects.get(subject="late").pk
    assert late < early
    assert seal() == 1
    sequences = dict(models.Event.objects.values_list("pk", "sequence"))
    assert sequences == {early: 0, late: 1}
    assert problems() == []


def test_many_sealers_and_writers_make_one_log() -> None:
    go = threading.Barrier(6)

    def writer() -> None:
        go.wait()
        write(40)

    def sealer() -> None:
        go.wait()
        while models.Event.objects.exclude(sequence=None).count() < 120:
            seal(7)

    threads = [in_thread(work) for work in (writer, writer, writer, sealer, sealer, sealer)]
    for thread in threads:
        thread.join()
    seal_all()
    assert sorted(place for place in places() if place is not None) == list(range(120))
    assert (newest().size, newest().root) == (120, root())
    assert problems() == []


class Killed(BaseException):
    """Ends a turn as a kill would: nothing of it is caught."""


@pytest.mark.parametrize("step", ["_place", "_write", "leaf", "signing_key", "note"])
def test_a_kill_between_steps_loses_nothing(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write(3)
    seal()
    write(4)

    def die(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        if step == "note":
            patch.setattr(models.Checkpoint.objects, "create", die)
        else:
            patch.setattr(sealing, step, die)
        with pytest.raises(Killed):
            seal()
    assert places()[3:] == [None] * 4
    assert newest().size == 3
    assert seal() == 4
    assert (newest().size, newest().root) == (7, root())
    assert problems() == []


@pytest.mark.parametrize("message", ["database or disk is full", "database is locked"])
def test_trouble_with_the_store_leaves_events_for_the_next_turn(
    message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(3)
    original = sealing._write

    def full(*given: object) -> None:
        original(*given)  # type: ignore[arg-type]
        raise OperationalError(message)

    with monkeypatch.context() as patch:
        patch.setattr(sealing, "_write", full)
        with pytest.raises(OperationalError):
            seal()
    assert places() == [None] * 3
    assert not models.Tile.objects.exists()
    assert seal() == 3
    assert problems() == []


@contextmanager
def in_trouble() -> Iterator[None]:
    """A store that is truly full (SQLite), or whose table another one holds (PostgreSQL)."""
    if connection.vendor == "sqlite":
        change("VACUUM")
        with connection.cursor() as cursor:
            (pages,) = cursor.execute("PRAGMA page_count").fetchone()
            cursor.execute(f"PRAGMA max_page_count = {pages}").fetchone()
            yield
            cursor.execute(f"PRAGMA max_page_count = {2**30}").fetchone()
        return
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("LOCK TABLE audit_event IN SHARE MODE")
        change("SET lock_timeout = '100ms'")
        yield
        change("SET lock_timeout = 0")
    other.close()


def test_a_full_disk_or_a_held_lock_ends_nothing() -> None:
    with transaction.atomic():
        for i in range(3_000):
            record(NOTE, i, ANNA, Note("x"))
    with in_trouble(), pytest.raises(OperationalError, match=r"full|lock"):
        seal()
    assert set(places()) == {None}
    assert not models.Tile.objects.exists()
    assert seal() == 3_000
    assert problems() == []


def test_nothing_is_signed_after_what_does_not_fit() -> None:
    write(3)
    seal()
    with unsealed():
        change("UPDATE audit_tile SET hashes = %s WHERE level = 0", b"x" * 96)
    write(1)
    with pytest.raises(InvalidInputError, match="does not fit the stored hashes"):
        seal()
    assert newest().size == 3


def test_nothing_is_signed_with_another_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write(1)
    seal()
    other = keys.SigningKey.generate("mimawari.local/other")
    monkeypatch.setattr(sealing, "signing_key", lambda: other)
    write(1)
    with pytest.raises(InvalidInputError, match="of another log"):
        seal()


def test_the_key_is_made_once_for_its_owner() -> None:
    assert keys.signing_key() == keys.signing_key()
    path = keys.Path(keys.settings.CONFIG.state_dir) / keys.FILE
    assert path.stat().st_mode & 0o777 == 0o600


STATEMENTS = [
    "UPDATE audit_event SET kind = 'x'",
    "UPDATE audit_event SET sequence = 9 WHERE sequence = 0",
    "UPDATE audit_event SET sequence = NULL",
    "UPDATE audit_event SET body = 'x'",
    "UPDATE audit_event SET body = NULL",
    "UPDATE audit_event SET id = 99 WHERE sequence = 0",
    "DELETE FROM audit_event",
    "UPDATE audit_tile SET hashes = substr(hashes, 1, 32)",
    "UPDATE audit_tile SET number = 5",
    "DELETE FROM audit_tile",
    "UPDATE audit_checkpoint SET note = 'x'",
    "DELETE FROM audit_checkpoint",
]
REPLACE = "INSERT OR REPLACE INTO {0} SELECT * FROM {0}"


@pytest.mark.parametrize("statement", STATEMENTS)
def test_the_database_refuses_changes(statement: str) -> None:
    write(2)
    seal()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        change(statement)
    assert problems() == []


@pytest.mark.parametrize("table", ["audit_event", "audit_tile", "audit_checkpoint"])
def test_sqlite_refuses_to_replace(table: str) -> None:
    write(2)
    seal()
    if connection.vendor == "sqlite":
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change(REPLACE.format(table))
    else:
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change(f"TRUNCATE {table} CASCADE")
    assert problems() == []


COLUMNS = "id, sequence, at, kind, subject, principal_kind, principal, commitment, salt, body"
FORGED = COLUMNS.replace("subject", "'forged'")
REPLACING = {
    "another's number": f"INSERT OR REPLACE INTO audit_event ({COLUMNS}) SELECT {FORGED}"
    " FROM audit_event WHERE id = {victim}",
    "another's place": f"INSERT OR REPLACE INTO audit_event ({COLUMNS}) SELECT"
    f" {FORGED.replace('id,', '7000,', 1)} FROM audit_event WHERE id = {{victim}}",
    "an update to its number": "UPDATE OR REPLACE audit_event SET id = {victim} WHERE id = {other}",
    "an update to its place": "UPDATE OR REPLACE audit_event SET sequence ="
    " (SELECT sequence FROM audit_event WHERE id = {victim}) WHERE id = {other}",
}


@pytest.mark.parametrize("way", REPLACING)
@pytest.mark.parametrize("sealed", [True, False], ids=["sealed", "unsealed"])
def test_no_event_is_replaced(way: str, sealed: bool) -> None:
    """Whether its place is given or not, and whatever triggers do when REPLACE deletes."""
    victim, other = write(2)[0], 0
    if sealed:
        seal()
        (other,) = write(1)
    else:
        other = victim + 1
    before = list(models.Event.objects.order_by("pk").values())
    statement = REPLACING[way].format(victim=victim, other=other)
    if connection.vendor == "postgresql":
        statement = statement.replace(" OR REPLACE", "")
    if not sealed and "place" in way:  # there is no place to take: nothing is replaced
        with transaction.atomic():
            change(statement)
            assert models.Event.objects.filter(pk=victim).values().get() == before[0]
            transaction.set_rollback(True)
    else:
        with pytest.raises(DatabaseError), transaction.atomic():
            change(statement)
    assert list(models.Event.objects.order_by("pk").values()) == before
    assert problems() == []


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL replaces no rows")
def test_a_replaced_event_is_found_where_triggers_are_gone() -> None:
    victim = write(2)[0]
    seal()
    (other,) = write(1)
    with unsealed():
        change(REPLACING["an update to its place"].format(victim=victim, other=other))
    assert problems()[0] == f"event {other}: does not fit its leaf: it was changed"
