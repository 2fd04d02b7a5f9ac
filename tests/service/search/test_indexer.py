"""The indexer follows what happens, and fills an index begun anew; whatever is killed when."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Collection, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from bench.server import wait
from django.contrib.auth.models import User
from django.db import connection
from tests.acting import TESTS
from tests.service.delivery.test_relay_kill import environ
from tests.service.search.conftest import decide, index_all, submit

from mimawari.listings.listing import Listing
from mimawari.service.accounts.authority import of_user
from mimawari.service.audit.sealing import seal_all
from mimawari.service.erasure.seller import erase_seller
from mimawari.service.intake import log
from mimawari.service.intake.models import ListingVersion, State
from mimawari.service.platform import clock
from mimawari.service.retention.remove import remove
from mimawari.service.review import queue
from mimawari.service.search import indexer as indexer_module
from mimawari.service.search import state, touched
from mimawari.service.search.documents import entries_of
from mimawari.service.search.engine import the_index
from mimawari.service.search.index import EXACT_TO, Entry, Index
from mimawari.service.search.indexer import Indexer
from mimawari.service.search.models import Document, IndexState
from mimawari.service.search.query import Query, wanted_by
from mimawari.service.search.rebuild import rebuild
from mimawari.service.search.results import search


def titles(user: User, query: Query) -> list[str]:
    return [row.title for row in search(query, of_user(user)).listings]


def submit_unscored(title: str, numbers: range) -> None:
    """Take listings in with one event."""
    log.append([Listing(id=f"L{n}", version=1, seller_id="s", title=title) for n in numbers])


def test_what_comes_and_is_decided_is_found(anna: User) -> None:
    submit("a pistol", "日本酒と野菜", "a cup")
    index_all()
    assert titles(anna, Query(text="酒")) == ["日本酒と野菜"]
    assert titles(anna, Query(topic="weapons")) == ["a pistol"]
    assert titles(anna, Query(verdict="violates")) == []
    decide(anna, "violates", "weapons")
    index_all()
    assert titles(anna, Query(verdict="violates", moderator=anna.pk)) == ["a pistol"]
    assert queue.undo(anna) is not None
    index_all()
    assert titles(anna, Query(verdict="violates")) == []
    assert titles(anna, Query(topic="weapons")) == ["a pistol"]


def test_versions_are_found_each(anna: User) -> None:
    submit("a red cup")
    log.append([Listing(id="L1", version=2, seller_id="s", title="a blue cup")])
    index_all()
    rows = search(Query(text="cup"), of_user(anna)).listings
    assert [(row.version, row.title, row.state) for row in rows] == [
        (2, "a blue cup", "pending"),
        (1, "a red cup", "superseded"),
    ]


def test_an_index_is_begun_anew_where_tokens_are_made_otherwise(
    anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit("a cup")
    index_all()
    monkeypatch.setattr(state, "TOKENS", 2)
    assert state.freshness().share == 0.0
    assert not state.freshness().whole
    index_all()
    assert state.freshness().share == 1.0
    assert titles(anna, Query(text="cup")) == ["a cup"]


def test_how_late_the_index_is(anna: User, monkeypatch: pytest.MonkeyPatch) -> None:
    submit("a cup")
    index_all()
    assert state.freshness() == state.Freshness(1.0, 0.0)
    assert state.waiting() == 0
    submit("another cup", first=2)
    assert state.waiting() >= 1
    now = clock.database_now()
    monkeypatch.setattr(clock, "database_now", lambda: now + timedelta(seconds=60))
    for _ in ("unsealed", "sealed"):
        assert 55 < state.freshness().behind_seconds < 70
        assert not search(Query(text="cup"), of_user(anna)).index.whole
        seal_all()
    index_all()
    assert state.freshness().whole


def test_of_two_indexers_the_slower_ones_turn_counts_for_nothing(anna: User) -> None:
    submit("a cup", "a pistol")
    seal_all()
    slow, fast = Indexer(), Indexer()
    put, raced = slow.index.put, []

    def late(entries: object) -> None:
        raise AssertionError("wrote what another had written")

    original = slow._put

    def overtaken(*of_turn: object) -> bool:
        if not raced:
            raced.append(True)
            while fast.turn():
                pass
            slow.index.put = late  # type: ignore[method-assign, assignment]
        return original(*of_turn)  # type: ignore[arg-type]

    slow._put = overtaken  # type: ignore[method-assign]
    assert slow.turn()
    slow.index.put = put  # type: ignore[method-assign]
    assert titles(anna, Query(text="cup")) == ["a cup"]
    assert not slow.turn()


def test_many_versions_of_one_event_are_written_in_parts(
    anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mimawari.service.search.indexer.MOST_VERSIONS", 3)
    index_all()
    for start in (1, 8):
        submit_unscored("cup", range(start, start + 7))
    seal_all()
    indexer = Indexer(documents=2)
    while indexer.turn():
        pass
    assert search(Query(text="cup"), of_user(anna)).count.value == 14


@pytest.mark.django_db(transaction=True)
def test_an_erased_seller_is_found_no_more(anna: User) -> None:
    submit("a pistol", "a cup", seller="gone")
    submit("a cup", seller="stays", first=9)
    index_all()
    erase_seller("gone", TESTS, "asked to")
    left = [document.folded for document in Document.objects.all()]
    assert left == ["a cup"]
    assert search(Query(text="cup"), of_user(anna)).count.value == 1
    assert search(Query(seller="gone"), of_user(anna)).listings == []
    index_all()
    assert not IndexState.objects.get().untidy
    assert len(titles(anna, Query(text="cup"))) == 1
    if not hasattr(the_index(), "_numbers"):
        return
    with connection.cursor() as cursor:  # nothing of it is left in FTS5's own pages
        cursor.execute("SELECT block FROM search_tokens_data")
        assert b"pistol" not in b"".join(block for (block,) in cursor.fetchall())
    log_of_pages = Path(f"{connection.settings_dict['NAME']}-wal")
    assert b"pistol" not in log_of_pages.read_bytes()


@pytest.mark.django_db(transaction=True)
def test_a_version_erased_while_it_was_indexed_is_taken_out(
    anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit("a pistol", seller="gone")
    index_all()
    entries = entries_of([ListingVersion.objects.get().pk])
    erase_seller("gone", TESTS, "asked to")
    the_index().put(entries)  # by a turn that had read it before
    index_all()
    assert list(Document.objects.all()) == []


@pytest.mark.django_db(transaction=True)
def test_what_is_erased_while_it_is_read_is_never_written(
    anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit("a pistol", seller="gone")
    submit("a cup", seller="stays", first=9)
    written: list[str] = []
    put = type(the_index()).put

    def read_then_erased(versions: Collection[int]) -> list[Entry]:
        entries = entries_of(versions)
        if ListingVersion.objects.filter(seller_id="gone").exclude(state=State.ERASED).exists():
            erase_seller("gone", TESTS, "asked to")
        return entries

    def noting(index: Index, entries: Sequence[Entry]) -> None:
        written.extend(entry.folded for entry in entries)
        put(index, entries)

    monkeypatch.setattr(indexer_module, "entries_of", read_then_erased)
    monkeypatch.setattr(type(the_index()), "put", noting)
    index_all()
    assert set(written) == {"a cup"}


@pytest.mark.django_db(transaction=True)
def test_an_erasure_waits_for_what_is_being_written(
    anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On another connection it begins between an indexer's second look and what that writes."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    submit("a pistol", seller="gone")
    seal_all()
    put, erasing = type(the_index()).put, list[threading.Thread]()

    def erase() -> None:
        erase_seller("gone", TESTS, "asked to")
        connection.close()

    def ends_or_waits() -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            ((waiting,),) = cursor.fetchall()
        return waiting > 0 or not erasing[0].is_alive()

    def meanwhile(index: Index, entries: Sequence[Entry]) -> None:
        if not erasing:
            erasing.append(threading.Thread(target=erase))
            erasing[0].start()
            wait(ends_or_waits, 30)
        put(index, entries)

    monkeypatch.setattr(type(the_index()), "put", meanwhile)
    assert Indexer().turn()
    erasing[0].join(30)
    assert list(Document.objects.all()) == [], "nothing of it is left, for no moment"


@pytest.mark.django_db(transaction=True)
def test_what_retention_removes_is_found_no_more(
    anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.database_now()
    with monkeypatch.context() as patch:
        patch.setattr(clock, "database_now", lambda: now - timedelta(days=9))
        submit("a cup", "a pistol")
    submit("a cup", first=3)
    index_all()
    assert len(titles(anna, Query(text="cup"))) == 2
    remove(now.date(), TESTS, "a year is over")
    for _ in range(2):
        assert len(titles(anna, Query(text="cup"))) == 1
        assert titles(anna, Query(last_day=now.date() - timedelta(days=1))) == ["a pistol"]
        index_all()


def test_rebuilding_says_how_far_it_is(anna: User) -> None:
    submit(*(f"cup {n}" for n in range(30)))
    parts = list(rebuild())
    assert (parts[-1].documents, parts[-1].versions) == (30, 30)
    assert search(Query(text="cup"), of_user(anna)).count.value == 30


def test_every_kind_of_event_that_changes_a_document_is_followed() -> None:
    from mimawari.records.event import kinds

    known = {kind.name for kind in kinds()}
    assert set(touched.KINDS) <= known


@pytest.mark.django_db(transaction=True)
@pytest.mark.xdist_group("kill")
@pytest.mark.usefixtures("generation")
def test_killed_at_any_moment_it_catches_up() -> None:
    """Killed while it fills and while it follows, it has every version once in the end."""
    chance, number = random.Random(5), 0

    def more(count: int) -> None:
        nonlocal number
        submit_unscored("cup", range(number, number + count))
        number += count
        seal_all()

    more(1_500)
    kills = 0
    while kills < 4:
        process = subprocess.Popen(
            [sys.executable, "-m", "mimawari", "run", "indexer"], env=environ()
        )
        try:
            before = Document.objects.count()
            wait(lambda known=before: Document.objects.count() > known, 60)
            deadline = time.monotonic() + chance.uniform(0, 0.3)
            while time.monotonic() < deadline:
                more(40)
        finally:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        kills += 1
        more(200)
    index_all()
    versions = set(ListingVersion.objects.values_list("pk", flat=True))
    assert set(Document.objects.values_list("pk", flat=True)) == versions
    assert state.freshness() == state.Freshness(1.0, 0.0)
    every = wanted_by(Query(text="cup"), of_user(User(username="nobody")))
    hits = the_index().find(every, number + 1)
    assert hits.ids == sorted(versions, reverse=True)
    assert hits.count == EXACT_TO + 1
