"""Which role processes run, as `mimawari ps` and the health answer tell it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from mimawari.service.platform import clock
from mimawari.service.platform.heartbeats import LOST_SECONDS
from mimawari.service.platform.hosts import has_ended
from mimawari.service.platform.models import RoleProcess

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Presence(msgspec.Struct, frozen=True):
    """One process.

    Parameters
    ----------
    seconds
        How long ago it was last heard of, by the database's clock.
    lost
        It has not been heard of for too long, or was seen to have ended.
    """

    role: str
    host: str
    pid: int
    started_at: datetime
    seconds: float
    generation: int | None
    state: str
    lost: bool


class RoleHealth(msgspec.Struct, frozen=True):
    """The processes of one role that run, the last heartbeat, the oldest generation in force.

    ``problem`` is what stands in the way of one of them; empty where nothing does.
    """

    processes: int
    seconds: float | None
    generation: int | None
    problem: str = ""


def processes() -> list[Presence]:
    """Give every process known, by role, host and number."""
    now = clock.database_now()
    return [_presence(row, now) for row in RoleProcess.objects.order_by("role", "host", "pid")]


def _presence(row: RoleProcess, now: datetime) -> Presence:
    seconds = max(0.0, round((now - row.beat_at).total_seconds(), 1))
    lost = seconds > LOST_SECONDS or has_ended(row.host, row.pid)
    return Presence(
        row.role, row.host, row.pid, row.started_at, seconds, row.generation, row.state, lost
    )


def by_role(needed: Iterable[str], present: Sequence[Presence]) -> dict[str, RoleHealth]:
    """Summarise what runs, role by role; a role that is needed is there even where none runs.

    Examples
    --------
    >>> by_role(["keeper"], [])
    {'keeper': RoleHealth(processes=0, seconds=None, generation=None, problem='')}
    """
    names = sorted({*needed, *(process.role for process in present if not process.lost)})
    return {name: _health([p for p in present if p.role == name]) for name in names}


def missing(needed: Iterable[str], present: Sequence[Presence]) -> list[str]:
    """Give the needed roles that no process runs."""
    running = {process.role for process in present if not process.lost}
    return sorted(set(needed) - running)


def _health(present: Sequence[Presence]) -> RoleHealth:
    running = [process for process in present if not process.lost]
    generations = [process.generation for process in running if process.generation is not None]
    seconds = min((process.seconds for process in present), default=None)
    problem = next((process.state for process in running if process.state), "")
    return RoleHealth(len(running), seconds, min(generations, default=None), problem)
