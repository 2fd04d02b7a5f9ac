"""Whether the store answers; where it does not, requests are refused instead of waiting for it.

A PostgreSQL that hangs keeps every request until its statement's own end, a minute by default, and
with them all threads of the process.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.db import connections

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mimawari.service.platform.postgresql.probe import Probe

logger = logging.getLogger(__name__)
LOOK_SECONDS = 1.0


class AwayError(Exception):
    """The store does not answer; what became of the request is not known."""


class StoreWatch:
    """Looks every second, in a thread; on SQLite there is nothing to look for."""

    def __init__(self) -> None:
        self.away = False
        self._waiting: set[asyncio.Task[Any]] = set()
        self._ended: set[asyncio.Task[Any]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopped = threading.Event()

    def begin(self) -> None:
        """Note the event loop whose requests wait."""
        self._loop = asyncio.get_running_loop()

    def run(self) -> None:
        """Look until stopped."""
        if connections["default"].vendor != "postgresql":
            return
        from mimawari.service.platform.postgresql.probe import Probe

        probe = Probe()
        while not self._stopped.wait(LOOK_SECONDS):
            self._look(probe)
        probe.close()

    def stop(self) -> None:
        """End `run`."""
        self._stopped.set()

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Wait for the store in the block no longer than it answers.

        Raises
        ------
        AwayError
            It does not answer, or ceases to.
        """
        if self.away:
            raise AwayError
        task = asyncio.current_task()
        assert task is not None
        self._waiting.add(task)
        try:
            yield
        except asyncio.CancelledError:
            if task in self._ended and task.uncancel() == 0:
                raise AwayError from None
            raise
        finally:
            self._waiting.discard(task)
            self._ended.discard(task)

    def _look(self, probe: Probe) -> None:
        away = not probe.answers()
        if away != self.away and self._loop is not None:
            logger.warning("the store %s", "does not answer" if away else "answers again")
            self._loop.call_soon_threadsafe(self._note, away)

    def _note(self, away: bool) -> None:
        """Refuse those that wait: in the event loop, as they begin and end there."""
        self.away = away
        if away:
            self._ended |= self._waiting
            for task in self._waiting:
                task.cancel()
