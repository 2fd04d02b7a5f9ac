"""Heartbeats: every process of a role says every few seconds that it runs."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING

from mimawari.service.platform import clock
from mimawari.service.platform.hosts import has_ended, here
from mimawari.service.platform.models import RoleProcess
from mimawari.service.platform.work_loop import WorkLoop

if TYPE_CHECKING:
    from collections.abc import Callable

BEAT_SECONDS = 5.0
LOST_SECONDS = 15.0


class Heartbeat(WorkLoop):
    """Writes a process's row, and takes it away when the process ends as it should.

    Parameters
    ----------
    generation
        Gives the generation in force in this process.
    state
        Gives what stands in its way; empty where nothing does.
    """

    longest_pause = BEAT_SECONDS
    trouble = "the heartbeat could not be written"

    def __init__(
        self,
        role: str,
        generation: Callable[[], int | None] = lambda: None,
        state: Callable[[], str] = lambda: "",
    ) -> None:
        super().__init__(idle_seconds=BEAT_SECONDS, first_pause=BEAT_SECONDS)
        self.role = role
        self._generation = generation
        self._state = state
        self._row: RoleProcess | None = None

    def turn(self) -> bool:
        """Write; then pause, unless woken."""
        now = clock.database_now()
        values = {"beat_at": now, "generation": self._generation(), "state": self._state()[:500]}
        rows = RoleProcess.objects.filter(pk=self._row.pk) if self._row else None
        if rows is None or not rows.update(
            **values
        ):  # the first, or somebody took the row for that of a dead one
            self._row = self._begin(RoleProcess(started_at=now, **values))
        return False

    def _begin(self, row: RoleProcess) -> RoleProcess:
        row.role, row.host, row.pid = self.role, here(), os.getpid()
        if self._row is not None:
            row.started_at = self._row.started_at
        row.save()
        for other in RoleProcess.objects.filter(role=self.role, host=row.host).exclude(pk=row.pk):
            lost = other.beat_at < row.beat_at - timedelta(seconds=LOST_SECONDS)
            if lost or has_ended(other.host, other.pid):  # this process has taken its place
                other.delete()
        return row

    def ended(self) -> None:
        """Be gone."""
        if self._row is not None:
            RoleProcess.objects.filter(pk=self._row.pk).delete()
