"""A PostgreSQL that is restarted, hangs, or has no connections left: roles go on by themselves."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx
import psycopg
import pytest
from bench.postgres import OwnPostgres, is_installed, own_postgres
from bench.server import Server, wait
from tests.service.conftest import new_key
from tests.service.warm import WarmServer

pytestmark = [
    pytest.mark.skipif(not is_installed(), reason="needs PostgreSQL's own programs, initdb"),
    pytest.mark.skipif("MIMAWARI_TEST_DATABASE_URL" not in os.environ,
                       reason="runs with the tests on PostgreSQL"),
]  # fmt: skip


@pytest.fixture(scope="module")
def postgres() -> Iterator[OwnPostgres]:
    with own_postgres() as one:
        yield one


@pytest.fixture
def server(postgres: OwnPostgres, tmp_path: Path) -> Iterator[Server]:
    with psycopg.connect(postgres.url, autocommit=True) as database:
        database.execute("DROP DATABASE IF EXISTS shop WITH (FORCE)")
        database.execute("CREATE DATABASE shop")
    one = WarmServer(tmp_path, postgres.url.removesuffix("postgres") + "shop")
    one.environ["MIMAWARI_DATABASE_TIMEOUT_SECONDS"] = "1"
    made = one.command("topics", "install-starter", "--only", "weapons")
    assert made.returncode == 0, made.stderr
    yield one
    one.stop()


def send(server: Server, key: str, number: int) -> int:
    body = {"id": f"L{number}", "version": 1, "seller_id": "s", "title": "a glock pistol"}
    with server.client(key) as client:
        return client.post("/api/v1/listings", json=body).status_code


def is_well(server: Server) -> bool:
    answer = httpx.get(f"{server.address}/health", timeout=30)
    return answer.status_code == 200 and answer.json()["status"] == "ok"


def scored(server: Server, number: int) -> None:
    """Wait until it is scored, and see that no role had to be started again for it."""
    server.drained()
    wait(lambda: is_well(server), 60)
    assert "starts again" not in server.log.read_text("utf-8", "replace"), number


def take_all(url: str, taken: ExitStack) -> None:
    """Connect until the server refuses."""
    while True:
        taken.enter_context(psycopg.connect(url))


def test_a_restarted_server(postgres: OwnPostgres, server: Server) -> None:
    key = new_key(server)
    server.start()
    wait(lambda: is_well(server), 60)
    postgres.stop()
    assert httpx.get(f"{server.address}/health", timeout=30).status_code == 503
    assert send(server, key, 1) == 503
    postgres.start()
    wait(lambda: send(server, key, 1) == 202, 60)
    scored(server, 1)


def test_a_server_that_hangs(postgres: OwnPostgres, server: Server) -> None:
    key = new_key(server)
    server.start()
    wait(lambda: is_well(server), 60)
    postgres.freeze()
    try:
        assert httpx.get(f"{server.address}/health", timeout=30).status_code == 503
        assert send(server, key, 2) == 503
        log = server.log
        wait(lambda: "has not answered for 6 s" in log.read_text("utf-8", "replace"), 60)
    finally:
        postgres.thaw()
    wait(lambda: send(server, key, 2) == 202, 60)
    scored(server, 2)


def test_nobody_waits_for_a_server_that_hangs(postgres: OwnPostgres, server: Server) -> None:
    """Not for the minute that a statement may take, and more requests than there are threads."""
    server.environ["MIMAWARI_DATABASE_TIMEOUT_SECONDS"] = "60"
    key = new_key(server)
    assert server.command("accounts", "add", "anna", given="a long word 12\n" * 2).returncode == 0
    server.start()
    wait(lambda: is_well(server), 60)
    with httpx.Client(base_url=server.address, timeout=30) as browser:
        page = browser.get("/login").text
        token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', page)
        assert token
        form = {"username": "anna", "password": "a long word 12", "csrfmiddlewaretoken": token[1]}
        assert browser.post("/login", data=form).status_code == 302
        assert browser.get("/history").status_code == 200
        postgres.freeze()
        try:
            with ThreadPoolExecutor(60) as pool:
                asked = [pool.submit(send, server, key, number) for number in range(50)]
                asked += [pool.submit(lambda: browser.get("/history").status_code)] * 5
                asked.append(pool.submit(lambda: many(server, key)))
                assert {one.result() for one in asked} == {503}
            for path in ("/health", "/history", "/api/v1/listings/L1"):
                headers = {"Authorization": f"Bearer {key}"}
                assert browser.get(path, headers=headers).status_code == 503, path
            assert "does not answer" in browser.get("/history").text
            assert browser.get("/static/console/console.css").status_code == 200
            assert "mimawari_" in browser.get("/metrics").text
        finally:
            postgres.thaw()
        wait(lambda: is_well(server), 60)
        wait(lambda: send(server, key, 2) == 202, 60)
        assert browser.get("/history").status_code == 200
    scored(server, 2)


def many(server: Server, key: str) -> int:
    with server.client(key) as client:
        return client.post("/api/v1/listings:batch", content=b"{}").status_code


def test_a_server_without_connections_left(postgres: OwnPostgres, server: Server) -> None:
    key = new_key(server)
    server.start()
    wait(lambda: is_well(server), 60)
    with ExitStack() as taken:
        with psycopg.connect(postgres.url, autocommit=True) as database:
            query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'shop'"
            database.execute(query)
            with pytest.raises(psycopg.OperationalError):
                take_all(postgres.url, taken)
        log = server.log
        wait(lambda: "too many clients" in log.read_text("utf-8", "replace"), 60)
    wait(lambda: send(server, key, 3) == 202, 60)
    scored(server, 3)
