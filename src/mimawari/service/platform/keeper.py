"""The keeper: does what is due for the whole installation, in one process at a time."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import Error as DatabaseError

from mimawari.service.platform import clock
from mimawari.service.platform.models import RoleProcess
from mimawari.service.platform.work_loop import WorkLoop

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mimawari.service.platform.leases import HeldLease

logger = logging.getLogger(__name__)
FORGOTTEN_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Job:
    """What is due every so often. It may be cut off at any point and is then done again.

    Parameters
    ----------
    work
        Where it must never be done by two at once, it calls `HeldLease.guard` in its transaction.
    """

    name: str
    every_seconds: float
    work: Callable[[], object]


class Keeper(WorkLoop):
    """Does each job when it is due, while the lease is held.

    Parameters
    ----------
    lease
        Taken and renewed by a `Renewal` beside it.
    """

    trouble = "the keeper failed"

    def __init__(self, lease: HeldLease, jobs: Sequence[Job]) -> None:
        super().__init__()
        self.lease = lease
        self.jobs = tuple(jobs)
        self._due = {job.name: 0.0 for job in self.jobs}

    def turn(self) -> bool:
        """Do what is due; what fails is tried again when it is due again, and stops no other."""
        worked = False
        for job in self.jobs:
            if not self.lease.holds:
                return False
            if self._due[job.name] > time.monotonic():
                continue
            self._due[job.name] = time.monotonic() + job.every_seconds
            worked = True
            try:
                job.work()
            except DatabaseError:
                raise  # the others would fare no better
            except Exception:
                logger.exception("%s failed", job.name)
        return worked


def forget_lost_processes() -> None:
    """Delete the rows of processes that have not been heard of for a day."""
    RoleProcess.objects.filter(beat_at__lt=clock.database_now() - FORGOTTEN_AFTER).delete()
