"""Servers and commands as forks of a process that has imported everything.

A command takes two seconds to import what it needs, and the suite gives hundreds. How one starts
from nothing is seen in ``tests/docs/test_experiments_page.py``, a server among them.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.server import READY_SECONDS, Server, wait

from mimawari.cli.main import main

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.service.preloaded"])


class Forked:
    """A command in a process of its own, with what `Server` asks of ``subprocess.Popen``.

    Parameters
    ----------
    streams
        Files of its standard input, output and errors.
    """

    def __init__(self, environ: dict[str, str], words: tuple[str, ...], *streams: Path) -> None:
        # No daemon, which could have no children; none outlives this process all the same.
        self._process = FORKS.Process(target=_command, args=(environ, words, streams))
        self._process.start()
        atexit.register(self._process.kill)
        assert self._process.pid is not None
        self.pid = self._process.pid
        self.kill, self.terminate = self._process.kill, self._process.terminate

    def poll(self) -> int | None:
        """Give the exit code, or None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end, and give the exit code."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise TimeoutError(f"runs after {timeout} s")
        return self._process.exitcode


class WarmServer(Server):
    """A `Server` that starts, and runs its commands, as forks."""

    def start(self) -> None:
        """Start the process, and wait until it answers."""
        words = ("serve", "--port", str(self.port))
        one = Forked(self.environ, words, Path(os.devnull), self.log, self.log)
        self.process = one  # type: ignore[assignment]
        wait(lambda: self._answers() or one.poll() is not None, READY_SECONDS)
        assert one.poll() is None, self.log.read_text("utf-8", "replace")[-4_000:]

    def command(self, *words: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run a ``mimawari`` command on the same store."""
        with TemporaryDirectory() as folder:
            streams = [Path(folder, name) for name in ("in", "out", "err")]
            streams[0].write_text(given or "", "utf-8")
            code = Forked(self.environ, words, *streams).wait()
            out, err = (path.read_text("utf-8") for path in streams[1:])
        return subprocess.CompletedProcess(words, code, out, err)


def _command(environ: dict[str, str], words: tuple[str, ...], streams: tuple[Path, ...]) -> None:
    """Become the command: its environment, its standard streams, its words."""
    os.environ.clear()
    os.environ.update(environ)
    for at, path in enumerate(streams):
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND if at else os.O_RDONLY
        os.dup2(os.open(path, flags), at)
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.argv = ["mimawari", *words]
    main()
