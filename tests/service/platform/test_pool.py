"""Connections that threads borrow where requests come and go."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from bench.server import free_port
from django.db import OperationalError, connection, connections
from psycopg_pool import ConnectionPool

from mimawari.service.api.store import connected, lending

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'postgresql'", reason="PostgreSQL's has a pool"),
]
TIMEOUT = 0.2


def in_thread(work: Callable[[], Any]) -> Any:
    """Do work as a request does: in a thread of its own, connected for as long as it takes."""
    results: list[Any] = []

    def run() -> None:
        try:
            with connected():
                results.append(work())
        except Exception as error:  # given to the caller
            results.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return results[0]


def backend() -> int:
    """Give the process of the server that answers this thread."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


@pytest.fixture
def options(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """Give the engine's options, with a pool of two connections and little patience."""
    options = connection.settings_dict["OPTIONS"]
    pool = {**options["pool"], "max_size": 2, "timeout": TIMEOUT}
    monkeypatch.setitem(options, "pool", pool)
    connection.close()
    yield options
    connection.close()


@pytest.mark.usefixtures("options")
def test_threads_borrow_the_same_connections() -> None:
    with lending():
        borrowed = {in_thread(backend) for _ in range(10)}
    assert len(borrowed) <= 2
    assert len({in_thread(backend) for _ in range(10)}) == 10


@pytest.mark.usefixtures("options")
def test_what_is_borrowed_is_bounded_and_clean() -> None:
    def leave_a_transaction_open() -> float | None:
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SET LOCAL statement_timeout = 7")
        return connection.connection.answer_seconds

    def timeout() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            return str(cursor.fetchone()[0])

    with lending():
        assert in_thread(leave_a_transaction_open) == 65
        assert [in_thread(timeout) for _ in range(3)] == ["1min"] * 3


@pytest.mark.usefixtures("options")
def test_one_that_the_server_ended_is_replaced() -> None:
    connection.ensure_connection()  # before there is a pool: not of it
    with lending():
        ended = in_thread(backend)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [ended])
        assert ended not in {in_thread(backend) for _ in range(4)}


@pytest.mark.usefixtures("options")
def test_when_all_are_in_use_the_error_names_the_setting() -> None:
    release, ready = threading.Event(), threading.Barrier(3)

    def hold() -> None:
        with connected():
            connection.ensure_connection()
            ready.wait(30)
            release.wait(30)

    with lending():
        holders = [threading.Thread(target=hold) for _ in range(2)]
        for holder in holders:
            holder.start()
        ready.wait(30)
        refused = in_thread(backend)
        release.set()
        for holder in holders:
            holder.join()
        assert isinstance(in_thread(backend), int)
    assert isinstance(refused, OperationalError)
    assert "all 2 connections of this process were in use" in str(refused)
    assert "set database_connections higher" in str(refused)


def test_a_server_that_is_away_is_said_to_be_and_tried_again(
    options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = connection.settings_dict
    asked: list[float | None] = []
    getconn = ConnectionPool.getconn

    def noted(self: ConnectionPool[Any], timeout: float | None = None) -> Any:
        asked.append(timeout)
        return getconn(self, timeout)

    monkeypatch.setattr(ConnectionPool, "getconn", noted)
    with monkeypatch.context() as patch:
        patch.setitem(settings, "HOST", "127.0.0.1")
        patch.setitem(settings, "PORT", str(free_port()))
        with lending():
            errors = [in_thread(backend) for _ in range(3)]
    assert all(isinstance(error, OperationalError) for error in errors)
    assert all("refused" in str(error) for error in errors)
    assert len(asked) == 1, "only the first one waited for the pool"
    with lending():
        assert isinstance(in_thread(backend), int)
        assert len(asked) == 2


@pytest.mark.usefixtures("options")
def test_connections_may_outlast_the_pool_and_be_older_than_it() -> None:
    older = backend()
    with lending():
        assert backend() == older
        connection.close()
        newer = backend()
        assert newer != older
    assert not connection.connection.closed or connection.connection.broken
    connections.close_all()
    assert backend() != newer
