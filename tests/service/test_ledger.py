"""The ledger: tampering shows, and the database refuses it in the first place."""

from __future__ import annotations

import threading
from itertools import pairwise

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError
from tests.stores import unsealed

from mimawari.service.ops import ledger
from mimawari.service.ops.models import LedgerEntry

pytestmark = pytest.mark.django_db(transaction=True)
SEALED = ("ops_ledgerentry", "ops_generation", "ops_topicfileversion")


def fill(count: int = 5) -> None:
    for i in range(count):
        ledger.append("tests", "note", f"s{i}", {"n": i, "text": "茶碗"})


def change(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, list(values))


def test_a_whole_chain() -> None:
    assert ledger.verify() == (0, None)
    fill()
    assert ledger.verify() == (5, None)
    entries = list(ledger.export())
    assert entries[0]["previous_hash"] == ledger.GENESIS
    links = pairwise(entries)
    assert all(later["previous_hash"] == one["hash"] for one, later in links)


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("UPDATE ops_ledgerentry SET actor = 'someone' WHERE seq = 3", 3),
        ("UPDATE ops_ledgerentry SET body = '{}' WHERE seq = 2", 2),
        ("UPDATE ops_ledgerentry SET subject = 's9' WHERE seq = 5", 5),
        ("DELETE FROM ops_ledgerentry WHERE seq = 1", 1),
        ("DELETE FROM ops_ledgerentry WHERE seq = 4", 4),
    ],
)
def test_tampering_past_the_triggers_shows(statement: str, broken: int) -> None:
    fill()
    with unsealed():
        change(statement)
    assert ledger.verify()[1] == broken


def test_a_resealed_entry_breaks_the_next() -> None:
    fill()
    entry = LedgerEntry.objects.get(seq=3)
    entry.body = {"n": 99}
    entry.hash = ledger.seal(entry)
    with unsealed():
        entry.save()
    assert ledger.verify()[1] == 4


@pytest.mark.usefixtures("generation")
@pytest.mark.parametrize("table", SEALED)
@pytest.mark.parametrize("column", ["actor"])
def test_the_database_refuses_changes(table: str, column: str) -> None:
    count = _count(table)
    assert count
    for statement in (f"UPDATE {table} SET {column} = 'x'", f"DELETE FROM {table}"):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change(statement)
    assert _count(table) == count


def _count(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table} WHERE actor = 'tests'")
        return int(cursor.fetchone()[0])


def test_appends_of_many_threads_make_one_chain() -> None:
    def work() -> None:
        fill(8)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ledger.verify() == (32, None)
