"""Processes that look at pictures: a few, so that one dear picture holds up none of the others."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
from contextlib import suppress

import msgspec

from mimawari.listings.media.decode import MediaLimits
from mimawari.listings.media.inspection import (
    TOO_DEAR,
    Inspected,
    Refused,
    read_message,
    write_message,
)

WAIT_SECONDS = 15.0
"""Longest that a picture may take by the clock, whatever it does."""
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"}
_decoder = msgspec.msgpack.Decoder(Inspected | Refused)


class Inspector:
    """One such process, begun anew whenever a picture ended it."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None

    def look(self, data: bytes) -> Inspected | Refused:
        """Look at one picture; what ends the process is refused."""
        process = self.process = self.process or _started()
        assert process.stdin is not None
        assert process.stdout is not None
        timer = threading.Timer(WAIT_SECONDS, process.kill)
        timer.start()
        try:
            write_message(process.stdin, data)
            answer = read_message(process.stdout)
        except OSError:  # it ended while it was written to
            answer = None
        finally:
            timer.cancel()
        if answer is None:
            self.close()
            return TOO_DEAR
        return _decoder.decode(answer)

    def close(self) -> None:
        """End the process."""
        process, self.process = self.process, None
        if process is None:
            return
        process.kill()
        for pipe in (process.stdin, process.stdout):
            with suppress(OSError):  # what was not written is of no use any more
                pipe.close()  # type: ignore[union-attr]  # both are pipes
        process.wait()


def _started() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "mimawari.listings.media.inspection"]
    environ = {**os.environ, **ENVIRONMENT}
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, env=environ)  # noqa: S603  # our own


class Inspectors:
    """Looks at pictures for several threads at once.

    Parameters
    ----------
    number
        Of processes; each begins with its first picture.
    """

    def __init__(self, number: int = 2) -> None:
        self._free: queue.LifoQueue[Inspector] = queue.LifoQueue()
        self._all = [Inspector() for _ in range(number)]
        for inspector in self._all:
            self._free.put(inspector)

    def look(self, data: bytes) -> Inspected | Refused:
        """Look at one picture, as soon as a process is free."""
        most = MediaLimits().most_bytes
        if len(data) > most:
            problem = f"is {len(data):,} bytes long, over {most:,}"
            return Refused(problem, "send a smaller file")
        inspector = self._free.get()
        try:
            return inspector.look(data)
        finally:
            self._free.put(inspector)

    def close(self) -> None:
        """End the processes."""
        for inspector in self._all:
            inspector.close()
