"""Stores with their tables made: once a run of the suite, then copied.

Making them takes some seconds of a core, and the suite asks for some hundred. How they are made
is seen in ``tests/service/platform/test_migrating.py``.
"""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from bench.server import postgres_database
from filelock import FileLock
from psycopg import sql
from tests.service.warm import WarmServer

FOLDER = "TESTS_MADE_STORES"
"""Names the folder that all processes of a run share."""


def begin() -> None:
    """Make the folder that the run's processes share; the first of them fills it."""
    os.environ[FOLDER] = tempfile.mkdtemp(prefix="mimawari-made-")


def end() -> None:
    """Remove what was made."""
    folder = Path(os.environ.pop(FOLDER))
    for noted in folder.glob("*.url"):
        url, name = noted.read_text("utf-8").split()
        with psycopg.connect(url, autocommit=True) as server:
            drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
            server.execute(drop.format(sql.Identifier(name)))
    shutil.rmtree(folder)


@contextmanager
def made_store(folder: Path, postgres: str | None) -> Iterator[str | None]:
    """Give the address of a new store; None: the file that a server takes by default.

    Parameters
    ----------
    folder
        Of the server's state.
    postgres
        Address of a PostgreSQL server; SQLite in the folder without one.
    """
    if postgres is None:
        shutil.copy(made_sqlite(), folder / "store.db")
        yield None
    else:
        with postgres_database(postgres, template=made_postgres(postgres)) as url:
            yield url


@cache
def made_sqlite() -> Path:
    """Give a file with all tables and no rows."""
    shared = Path(os.environ[FOLDER])
    with FileLock(shared / "sqlite.lock"):
        if not (shared / "store.db").exists():
            folder = Path(tempfile.mkdtemp(dir=shared))
            _make(WarmServer(folder))
            with closing(sqlite3.connect(folder / "store.db")) as database:
                database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            (folder / "store.db").rename(shared / "store.db")
    return shared / "store.db"


@cache
def made_postgres(server_url: str) -> str:
    """Give the name of a database with all tables and no rows."""
    shared = Path(os.environ[FOLDER])
    noted = shared / "postgres.url"
    with FileLock(shared / "postgres.lock"):
        if not noted.exists():
            name = f"mimawari_made_{secrets.token_hex(6)}"
            with psycopg.connect(server_url, autocommit=True) as server:
                server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
            url = urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))
            _make(WarmServer(Path(tempfile.mkdtemp(dir=shared)), url))
            noted.write_text(f"{server_url} {name}", "utf-8")
    return noted.read_text("utf-8").split()[1]


def _make(server: WarmServer) -> None:
    done = server.command("migrate")
    assert done.returncode == 0, done.stderr
