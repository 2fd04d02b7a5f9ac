"""A PostgreSQL server of a test's own, to be stopped, frozen and started again."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
from bench.server import free_port

SETTINGS = "-c fsync=off -c max_connections=40 -c unix_socket_directories=''"


class OwnPostgres:
    """A cluster in a temporary folder; root runs it as the user of PostgreSQL's package."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()

    @property
    def url(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def _run(self, *words: str) -> None:
        prefix = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        log = self.folder.parent / "pg.log"
        with log.open("ab") as out:
            subprocess.run([*prefix, *words], check=True, stdout=out, stderr=out, cwd="/")

    def make(self) -> None:
        self._run("initdb", "-D", str(self.folder), "-U", "postgres", "-A", "trust", "-N")

    def start(self) -> None:
        options = f"{SETTINGS} -p {self.port} -c listen_addresses=127.0.0.1"
        self._run("pg_ctl", "-D", str(self.folder), "-w", "-o", options, "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-D", str(self.folder), "-w", "-m", "immediate", "stop")

    def freeze(self) -> None:
        """Have every process of it do nothing, as on a host whose disk hangs."""
        first = psutil.Process(int((self.folder / "postmaster.pid").read_text("ascii").split()[0]))
        first.suspend()  # from here on it starts no others
        self._frozen = [first, *first.children(recursive=True)]
        self._each("suspend")

    def thaw(self) -> None:
        self._each("resume")

    def _each(self, signal: str) -> None:
        for process in self._frozen:
            with suppress(psutil.NoSuchProcess):  # a connection may have ended by itself
                getattr(process, signal)()


def is_installed() -> bool:
    return shutil.which("initdb") is not None and shutil.which("pg_ctl") is not None


@contextmanager
def own_postgres() -> Iterator[OwnPostgres]:
    """Give a running server."""
    with TemporaryDirectory(prefix="mimawari-pg-") as parent:
        if os.getuid() == 0:
            shutil.chown(parent, "postgres")
        server = OwnPostgres(Path(parent, "data"))
        server.make()
        server.start()
        yield server
        server.stop()
