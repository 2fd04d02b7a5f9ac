"""A marketplace's end as a process: what it has written down it has taken, whatever comes then.

python -m bench.delivery.receiver PORT LOG
"""

from __future__ import annotations

import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock
from typing import NamedTuple

import msgspec

from bench.delivery.arrivals import Arrival


class _Data(msgspec.Struct):
    listing_id: str
    alert: int


class _Event(msgspec.Struct):
    id: str
    type: str
    data: _Data


class Kept(NamedTuple):
    """The log, open."""

    descriptor: int
    lock: Lock

    def add(self, arrival: Arrival) -> None:
        """Write a line, and wait for the disk."""
        with self.lock:
            os.write(self.descriptor, msgspec.json.encode(arrival) + b"\n")
            os.fsync(self.descriptor)


def serve(port: int, log: Path) -> None:
    """Take what comes until killed."""
    # A line that a kill cut off ends here.
    kept = Kept(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND), Lock())
    if log.stat().st_size:
        os.write(kept.descriptor, b"\n")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            event = msgspec.json.decode(body, type=_Event)
            now = time.clock_gettime(time.CLOCK_MONOTONIC)
            data = event.data
            kept.add(Arrival(event.id, event.type, data.listing_id, data.alert, now))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


if __name__ == "__main__":
    serve(int(sys.argv[1]), Path(sys.argv[2]))
