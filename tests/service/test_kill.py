"""Killed at any moment, the service loses nothing that it acknowledged, and does nothing twice."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from bench.kills import CONNECTIONS, Outcome, killed
from bench.kills.books import Books
from bench.kills.victims import PARENT, STORE, Victims
from bench.postgres import OwnPostgres, is_installed, own_postgres
from tests.service.conftest import new_server
from tests.service.warm import WarmServer

pytestmark = pytest.mark.xdist_group("kill")
NOTHING = Books(lost=[], doubled=[], waiting=[], over_capacity=[])


def check(outcome: Outcome, kills: int) -> None:
    assert outcome.all_kills == kills
    assert outcome.versions > 0
    assert outcome.decisions > 0
    assert outcome.books == NOTHING
    assert outcome.wrong == []
    assert outcome.verified


def test_kills_of_roles_and_of_their_parent(tmp_path: Path) -> None:
    with new_server(tmp_path) as server:
        outcome = killed(server, Victims(server, None, seed=3, parent_share=0.2), 5, seed=3)
    check(outcome, 5)
    assert outcome.kills[PARENT] > 0


@pytest.fixture
def postgres() -> Iterator[OwnPostgres]:
    with own_postgres(CONNECTIONS) as one:
        yield one


@pytest.mark.skipif(not is_installed(), reason="needs PostgreSQL's own programs, initdb")
@pytest.mark.skipif(
    "MIMAWARI_TEST_DATABASE_URL" not in os.environ, reason="runs with the tests on PostgreSQL"
)
def test_kills_of_postgresql_too(postgres: OwnPostgres, tmp_path: Path) -> None:
    server = WarmServer(tmp_path, postgres.url)
    try:
        outcome = killed(server, Victims(server, postgres, seed=10, store_share=0.4), 4, seed=10)
    finally:
        server.stop()
    check(outcome, 4)
    assert outcome.kills[STORE] > 0
