"""What a marketplace's end has taken, and its process, to be killed and started again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec


class Arrival(msgspec.Struct, frozen=True, array_like=True):
    """One request that was written down, and when, by the clock that all processes share."""

    id: str
    type: str
    listing: str
    alert: int
    at: float


class Receiver:
    """The process, to be killed and started again."""

    def __init__(self, port: int, log: Path) -> None:
        self.port, self.log = port, log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it."""
        command = [sys.executable, "-m", "bench.delivery.receiver", str(self.port), str(self.log)]
        self._process = subprocess.Popen(command)

    def kill(self) -> None:
        """End it with SIGKILL."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def arrivals(self) -> list[Arrival]:
        """Read what it has written down; a kill may leave half a line, which was not answered."""
        if not self.log.exists():
            return []
        lines = self.log.read_bytes().split(b"\n")[:-1]
        return [msgspec.json.decode(line, type=Arrival) for line in lines if line.endswith(b"]")]
