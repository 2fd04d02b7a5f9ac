"""Stores with their tables made: once a process, then copied.

Making them takes three seconds of a core, and the suite asks for some hundred. How they are made
is seen in ``tests/service/platform/test_migrating.py``.
"""

from __future__ import annotations

import atexit
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from bench.server import postgres_database
from tests.service.warm import WarmServer


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
        shutil.copy(_sqlite(), folder / "store.db")
        yield None
    else:
        with postgres_database(postgres, template=_postgres(postgres)) as url:
            yield url


@cache
def _sqlite() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="mimawari-made-"))
    atexit.register(shutil.rmtree, folder)
    _make(WarmServer(folder))
    path = folder / "store.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@cache
def _postgres(server_url: str) -> str:
    database = postgres_database(server_url)
    url = database.__enter__()
    atexit.register(database.__exit__, None, None, None)
    with tempfile.TemporaryDirectory(prefix="mimawari-made-") as folder:
        _make(WarmServer(Path(folder), url))
    return urlsplit(url).path.removeprefix("/")


def _make(server: WarmServer) -> None:
    done = server.command("migrate")
    assert done.returncode == 0, done.stderr
