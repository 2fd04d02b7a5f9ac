"""Guards of deployments: looked at each minute by the keeper, each may open alarms.

A guard is a function of one deployment in force. What follows from an alarm is not its business:
whoever acts on it (going back to another model, say) reads `Finding.occurrence`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from mimawari.records.alarm import Condition, Occurrence
from mimawari.records.deployment import Deployment
from mimawari.service.alarms.watching import absent, seen
from mimawari.service.platform import clock
from mimawari.service.releases import generations

if TYPE_CHECKING:
    from mimawari.service.alarms.models import Alarm

logger = logging.getLogger(__name__)


class Guarded(msgspec.Struct, frozen=True):
    """A deployment in force, and the generation that has it."""

    topic: str
    deployment: Deployment
    generation: int


class Finding(msgspec.Struct, frozen=True):
    """What a guard found: an occurrence, or that the condition was looked at and is not there."""

    condition: Condition
    occurrence: Occurrence | None = None


Guard: TypeAlias = Callable[[Guarded, datetime], list[Finding]]
Reaction: TypeAlias = Callable[[Guarded, "Alarm"], object]
_GUARDS: dict[str, Guard] = {}
_REACTIONS: list[Reaction] = []


def register(name: str, guard: Guard) -> None:
    """Have a guard looked at; by name, so that registering twice is harmless."""
    _GUARDS[name] = guard


def react(reaction: Reaction) -> None:
    """Have something called with each alarm that a guard saw, after it was written."""
    if reaction not in _REACTIONS:
        _REACTIONS.append(reaction)


def look(now: datetime | None = None) -> int:
    """Look at every deployment in force; a guard that fails stops no other. Gives the alarms."""
    now, newest = now or clock.database_now(), generations.serving()
    if newest is None or not _GUARDS:
        return 0
    alarms = 0
    for topic, deployment in newest.manifest.columns:
        guarded = Guarded(topic, deployment, newest.pk)
        for name, guard in _GUARDS.items():
            try:
                alarms += sum(_noted(guarded, finding, now) for finding in guard(guarded, now))
            except Exception:
                logger.exception("the guard %s failed for %s", name, deployment.model)
    return alarms


def _noted(guarded: Guarded, finding: Finding, now: datetime) -> int:
    if finding.occurrence is None:
        absent(finding.condition, now)
        return 0
    alarm = seen(finding.occurrence, now)
    for reaction in _REACTIONS:
        reaction(guarded, alarm)
    return 1
