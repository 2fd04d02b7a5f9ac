"""A real server process with a state folder and a database of its own."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import httpx
import psycopg

READY_SECONDS = 60


class Server:
    """``mimawari serve`` as its own process, stoppable and killable.

    Parameters
    ----------
    folder
        Empty folder for state and, on SQLite, the database.
    database_url
        SQLite in the folder by default.
    """

    def __init__(self, folder: Path, database_url: str | None = None) -> None:
        self.folder = folder
        self.url = database_url or f"sqlite:///{folder / 'store.db'}"
        self.environ = {k: v for k, v in os.environ.items() if not k.startswith("MIMAWARI_")}
        self.environ.pop("DJANGO_SETTINGS_MODULE", None)
        # What is drawn by chance is off, so that runs repeat; give it where it is meant.
        for name in ("EXPLORATION", "SECOND", "GOLDEN"):
            self.environ[f"MIMAWARI_{name}_SHARE"] = "0"
        self.environ |= {
            "MIMAWARI_DATABASE_URL": self.url,
            "MIMAWARI_STATE_DIR": str(folder),
            "OMP_NUM_THREADS": "1",
        }
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.log = folder / "server.log"

    @property
    def address(self) -> str:
        """Give where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start the process, and wait until it answers."""
        command = [sys.executable, "-m", "mimawari", "serve", "--port", str(self.port)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, env=self.environ, stdout=log, stderr=log)
        until = time.monotonic() + READY_SECONDS
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(self.log.read_text("utf-8", "replace")[-4_000:])
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.address}/health").status_code == 200
        except httpx.TransportError:
            return False

    def kill(self) -> None:
        """End the process with SIGKILL: nothing of it or of its children gets to tidy up."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        wait(self._is_free, READY_SECONDS)

    def _is_free(self) -> bool:
        """Whether the last of the children is gone: they end with their parent, a moment later."""
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) != 0

    def stop(self) -> None:
        """End the process as an operator would."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)

    def command(self, *words: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run a ``mimawari`` command on the same store."""
        command = [sys.executable, "-m", "mimawari", *words]
        return subprocess.run(
            command, env=self.environ, input=given, capture_output=True, text=True, check=False
        )

    def client(self, key: str = "") -> httpx.Client:
        """Give a client that sends the key."""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return httpx.Client(base_url=self.address, headers=headers, timeout=60)

    def in_force(self, seconds: float = 120) -> None:
        """Wait until every role runs, and has a generation in force where it needs one."""

        def ready() -> bool:
            told = httpx.get(f"{self.address}/health").json()
            loaded = [told["roles"].get(role, {}) for role in ("edge", "scorer")]
            return told["status"] == "ok" and all(role.get("generation") for role in loaded)

        wait(ready, seconds)

    def drained(self, seconds: float = 120) -> None:
        """Wait until all is scored and admitted."""

        def is_idle() -> bool:
            health = httpx.get(f"{self.address}/health").json()
            return bool(health["pending"] == health["candidates"] == 0)

        wait(is_idle, seconds)


def wait(ready: Callable[[], bool], seconds: float) -> None:
    """Wait until something is so; fails after the time."""
    until = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > until:
            raise TimeoutError(f"not so after {seconds} s")
        time.sleep(0.05)


def free_port() -> int:
    """Find a port nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def postgres_database(server_url: str, template: str = "template1") -> Iterator[str]:
    """Make a database on a PostgreSQL server, an empty one by default, and drop it afterwards."""
    name = f"mimawari_{secrets.token_hex(6)}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
    try:
        yield urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(server_url, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
