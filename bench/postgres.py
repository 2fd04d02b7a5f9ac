"""A PostgreSQL server of one's own, to be stopped, killed, frozen and started again."""

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

# The host never stops, so what reached its kernel is durable.
SETTINGS = "-c fsync=off -c unix_socket_directories=''"


class OwnPostgres:
    """A cluster in a temporary folder; root runs it as the user of PostgreSQL's package."""

    def __init__(self, folder: Path, connections: int) -> None:
        self.folder = folder
        self.connections = connections
        self.port = free_port()

    @property
    def url(self) -> str:
        """Give the address of its first database."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def _run(self, *words: str) -> None:
        prefix = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        log = self.folder.parent / "pg.log"
        with log.open("ab") as out:
            subprocess.run([*prefix, *words], check=True, stdout=out, stderr=out, cwd="/")

    def make(self) -> None:
        """Make the cluster."""
        self._run("initdb", "-D", str(self.folder), "-U", "postgres", "-A", "trust", "-N")

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = f"{SETTINGS} -c max_connections={self.connections} -p {self.port}"
        options += " -c listen_addresses=127.0.0.1"
        self._run("pg_ctl", "-D", str(self.folder), "-w", "-o", options, "start")

    def stop(self) -> None:
        """Stop it without a checkpoint."""
        self._run("pg_ctl", "-D", str(self.folder), "-w", "-m", "immediate", "stop")

    def kill(self) -> None:
        """End its first process with SIGKILL; the others notice, and end."""
        first = self._first()
        others = first.children(recursive=True)
        first.kill()
        psutil.wait_procs([first, *others], timeout=30)

    def _first(self) -> psutil.Process:
        return psutil.Process(int((self.folder / "postmaster.pid").read_text("ascii").split()[0]))

    def freeze(self) -> None:
        """Have every process of it do nothing, as on a host whose disk hangs."""
        first = self._first()
        first.suspend()  # from here on it starts no others
        self._frozen = [first, *first.children(recursive=True)]
        self._each("suspend")

    def thaw(self) -> None:
        """Let them go on."""
        self._each("resume")

    def _each(self, signal: str) -> None:
        for process in self._frozen:
            with suppress(psutil.NoSuchProcess):  # a connection may have ended by itself
                getattr(process, signal)()


def is_installed() -> bool:
    """Whether the programs that make and run a cluster are there."""
    return shutil.which("initdb") is not None and shutil.which("pg_ctl") is not None


@contextmanager
def own_postgres(connections: int = 40) -> Iterator[OwnPostgres]:
    """Give a running server."""
    with TemporaryDirectory(prefix="mimawari-pg-") as parent:
        if os.getuid() == 0:
            shutil.chown(parent, "postgres")
        server = OwnPostgres(Path(parent, "data"), connections)
        server.make()
        server.start()
        yield server
        server.stop()
