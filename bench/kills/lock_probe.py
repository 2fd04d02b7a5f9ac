"""How long a writer waits for SQLite's one write lock, beside all that write."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import closing

EVERY_SECONDS = 0.05
PATIENCE = 30.0


class LockProbe:
    """Takes the write lock again and again, writes nothing, and notes the longest wait.

    The wait is for one transaction or several: SQLite knows no queue.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.longest = 0.0
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def end(self) -> None:
        """End."""
        self._ending.set()
        self._thread.join()

    def _run(self) -> None:
        store = sqlite3.connect(self.path, timeout=PATIENCE, isolation_level=None)
        with closing(store):
            while not self._ending.wait(EVERY_SECONDS):
                began = time.monotonic()
                store.execute("BEGIN IMMEDIATE")
                self.longest = max(self.longest, time.monotonic() - began)
                store.execute("ROLLBACK")
