"""Group commit: many requests, one durable transaction.

A disk flush costs the same for one listing as for hundreds. One thread takes whatever waits,
appends it in one transaction, and only then answers every request of it.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import DatabaseError, connection

from mimawari.service.intake import log

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mimawari.listings.listing import Listing

logger = logging.getLogger(__name__)
MOST_WAITING = 20_000
MOST_A_COMMIT = 4_000


class FullError(Exception):
    """Too much waits to be written: the client has to slow down."""


@dataclass(slots=True)
class _Job:
    listings: Sequence[Listing]
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[list[str]]


class Writer:
    """Appends listings to the durable log for all requests of the process.

    Parameters
    ----------
    on_commit
        Called after every transaction (wakes the worker).
    """

    def __init__(self, on_commit: Callable[[], object] = lambda: None) -> None:
        self.waiting = 0
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._on_commit = on_commit
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="intake-writer", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Write what waits, then end the thread."""
        self._jobs.put(None)
        self._thread.join()

    async def append(self, listings: Sequence[Listing]) -> list[str]:
        """Append listings; gives their statuses once they are durable.

        Raises
        ------
        FullError
            Where more than `MOST_WAITING` listings wait already; nothing was taken.
        """
        with self._lock:
            if self.waiting + len(listings) > MOST_WAITING:
                raise FullError
            self.waiting += len(listings)
        loop = asyncio.get_running_loop()
        job = _Job(listings, loop, loop.create_future())
        self._jobs.put(job)
        return await job.answer

    def _run(self) -> None:
        running = True
        while running:
            jobs, running = self._take()
            if jobs:
                self._write(jobs)
        connection.close()

    def _take(self) -> tuple[list[_Job], bool]:
        """Take the jobs that wait now; False once the thread should end."""
        first = self._jobs.get()
        if first is None:
            return [], False
        jobs, size = [first], len(first.listings)
        while size < MOST_A_COMMIT:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
            if job is None:
                return jobs, False
            jobs.append(job)
            size += len(job.listings)
        return jobs, True

    def _write(self, jobs: list[_Job]) -> None:
        try:
            statuses = log.append([listing for job in jobs for listing in job.listings])
        except Exception as error:  # each request answers with it; the thread goes on
            # A store that refuses (full, locked, away) says so in a line, as often as it is asked.
            if isinstance(error, DatabaseError):
                logger.warning("a group of %s requests could not be written: %s", len(jobs), error)
            else:
                logger.exception("a group of %s requests could not be written", len(jobs))
            connection.close()
            for job in jobs:
                self._answer(job, error)
            return
        at = 0
        for job in jobs:
            self._answer(job, statuses[at : at + len(job.listings)])
            at += len(job.listings)
        self._on_commit()

    def _answer(self, job: _Job, answer: list[str] | Exception) -> None:
        with self._lock:
            self.waiting -= len(job.listings)

        def deliver() -> None:
            if job.answer.done():  # the client went away
                return
            if isinstance(answer, Exception):
                job.answer.set_exception(answer)
            else:
                job.answer.set_result(answer)

        job.loop.call_soon_threadsafe(deliver)
