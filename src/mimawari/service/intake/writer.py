"""Group commit: many requests, one durable transaction.

A disk flush costs the same for one listing as for hundreds. One thread takes what waits, appends
it in one transaction, and only then answers every request of it. Requests of one listing go
first, every other time alone, and of batches so much is taken that they wait for a moment only.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
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
# Of batches: one of these is a wait of a tenth of a second for everybody.
MOST_OF_BATCHES = 200
MOST_BYTES_A_COMMIT = 8_000_000
MOST_BYTES_OF_BATCHES = 1_000_000


class FullError(Exception):
    """Too much waits to be written: the client has to slow down."""


@dataclass(slots=True)
class _Job:
    listings: Sequence[Listing]
    size: int
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
        self._single: deque[_Job] = deque()
        self._batches: deque[_Job] = deque()
        self._batches_next = False
        self._stopping = False
        self._on_commit = on_commit
        self._lock = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="intake-writer", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Write what waits, then end the thread."""
        with self._lock:
            self._stopping = True
            self._lock.notify()
        self._thread.join()

    async def append(
        self, listings: Sequence[Listing], size: int = 0, patient: bool = False
    ) -> list[str]:
        """Append listings; gives their statuses once they are durable.

        Parameters
        ----------
        size
            Bytes of them, as they came.
        patient
            Whether they are of a batch, which lets single ones pass.

        Raises
        ------
        FullError
            Where more than `MOST_WAITING` listings wait already; nothing was taken.
        """
        with self._lock:
            if self.waiting + len(listings) > MOST_WAITING:
                raise FullError
            loop = asyncio.get_running_loop()
            job = _Job(listings, size, loop, loop.create_future())
            self.waiting += len(listings)
            (self._batches if patient else self._single).append(job)
            self._lock.notify()
        return await job.answer

    def _run(self) -> None:
        while jobs := self._take():
            self._write(jobs)
        connection.close()

    def _take(self) -> list[_Job]:
        """Wait for jobs, and take what one transaction holds; none once the thread should end."""
        with self._lock:
            while not (self._single or self._batches or self._stopping):
                self._lock.wait()
            jobs = _first(self._single, MOST_A_COMMIT, MOST_BYTES_A_COMMIT)
            # Single ones wait for what is being written and not for more; batches for one commit.
            self._batches_next = bool(jobs) and not self._batches_next
            if self._batches_next:
                return jobs
            return jobs + _first(self._batches, MOST_OF_BATCHES, MOST_BYTES_OF_BATCHES)

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


def _first(waiting: deque[_Job], most: int, most_bytes: int) -> list[_Job]:
    """Take jobs off a queue, at least one where there are any, about so many listings."""
    jobs: list[_Job] = []
    listings = size = 0
    while waiting and listings < most and size < most_bytes:
        jobs.append(waiting.popleft())
        listings += len(jobs[-1].listings)
        size += jobs[-1].size
    return jobs
