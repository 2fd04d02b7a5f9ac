"""Leases: what one process does at a time, and another after it, whatever becomes of the first."""

from __future__ import annotations

import logging
import os
import secrets
import time
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.service.platform import clock
from mimawari.service.platform.hosts import has_ended, here
from mimawari.service.platform.models import Lease
from mimawari.service.platform.work_loop import WorkLoop

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

logger = logging.getLogger(__name__)
LEASE_SECONDS = 15.0


class LeaseLostError(Exception):
    """Another process holds the lease by now."""


class HeldLease:
    """A named lease as one process sees it.

    Parameters
    ----------
    seconds
        How long it stands without being renewed.
    """

    def __init__(self, name: str, seconds: float = LEASE_SECONDS) -> None:
        self.name = name
        self.seconds = seconds
        self._holder = secrets.token_hex(8)
        self._until = 0.0

    @property
    def holds(self) -> bool:
        """Whether this process is sure to hold it, by its own monotonic clock."""
        return time.monotonic() < self._until

    def take(self) -> bool:
        """Take the lease, or renew it; False while another holds it."""
        # Both clocks are read before the row is written: a process that was stopped in between
        # believes in less time than the row gives, never in more.
        asked, now = time.monotonic(), clock.database_now()
        with transaction.atomic():
            row = Lease.objects.select_for_update().filter(name=self.name).first()
            if row is not None and row.holder != self._holder and _stands(row, now):
                self._until = 0.0
                return False
            row = row or Lease(name=self.name)
            row.holder, row.host, row.pid = self._holder, here(), os.getpid()
            row.expires_at = now + timedelta(seconds=self.seconds)
            try:
                with transaction.atomic():
                    row.save(force_insert=row._state.adding)  # Django's own word
            except IntegrityError:  # another was the first ever to take it
                return False
        self._until = asked + self.seconds
        return True

    def guard(self) -> None:
        """Keep every other process out until the transaction at hand ends.

        Raises
        ------
        LeaseLostError
            Another holds it by now: nothing of the transaction may stay.
        """
        row = Lease.objects.select_for_update().filter(name=self.name).first()
        if row is None or row.holder != self._holder:
            self._until = 0.0
            raise LeaseLostError(f"another process holds the lease {self.name!r}")

    def release(self) -> None:
        """Let the next one have it at once."""
        self._until = 0.0
        Lease.objects.filter(name=self.name, holder=self._holder).delete()

    def refused(self) -> InvalidInputError:
        """Say who holds it."""
        row = Lease.objects.filter(name=self.name).first()
        who = f"process {row.pid} on {row.host}" if row else "another process"
        remedy = "stop that one first; on PostgreSQL any number may run"
        return InvalidInputError(FieldProblem(self.name, f"is run by {who} already", remedy))


class Renewal(WorkLoop):
    """Takes a lease, and renews it three times in the time that it stands.

    Parameters
    ----------
    on_lost
        Called once the lease that was held is another's.
    """

    trouble = "a lease could not be renewed"

    def __init__(self, lease: HeldLease, on_lost: Callable[[], object] = lambda: None) -> None:
        super().__init__(idle_seconds=lease.seconds / 3, first_pause=lease.seconds / 3)
        self.longest_pause = lease.seconds / 3
        self.lease = lease
        self._on_lost = on_lost
        self._held = lease.holds

    def turn(self) -> bool:
        """Take or renew; then pause."""
        held = self.lease.take()
        if self._held and not held:
            logger.error("the lease %s is lost to another process", self.lease.name)
            self._on_lost()
        self._held = held
        return False

    def ended(self) -> None:
        """Let the next one have it at once."""
        self.lease.release()


def _stands(row: Lease, now: datetime) -> bool:
    """Whether the holder may still be at work: its time runs, and it was not seen to end."""
    return row.expires_at > now and not has_ended(row.host, row.pid)
