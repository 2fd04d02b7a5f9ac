"""Reads alarms: the open ones first, each with what was measured."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
from django.db.models import Case, Q, Value, When

from mimawari.records.alarm import (
    AlarmFigures,
    AlarmKind,
    AlarmSeverity,
    AlarmState,
)
from mimawari.service.alarms.models import Alarm, Sighting

if TYPE_CHECKING:
    from collections.abc import Collection

    from django.db.models import QuerySet

NEWEST = 2**63 - 1
USUAL, MOST = 50, 200
MOST_SIGHTINGS = 24 * 28


class AlarmShown(msgspec.Struct, frozen=True, kw_only=True):
    """An alarm as it is read.

    Parameters
    ----------
    figures, latest
        What was measured when it was opened, and last.
    actor, note
        Who changed its state last, and why.
    until
        Until when it is acknowledged, where that was said.
    """

    id: int
    kind: AlarmKind
    topic: str | None
    deployment: str | None
    stream: str
    severity: AlarmSeverity
    state: AlarmState
    figures: AlarmFigures
    latest: AlarmFigures
    began_at: datetime
    opened_at: datetime
    last_seen_at: datetime
    times: int
    changed_at: datetime
    actor: str
    note: str
    until: datetime | None


class HourOfAlarm(msgspec.Struct, frozen=True):
    """An hour in which an alarm's condition was seen, and what was measured last in it."""

    hour: datetime
    times: int
    figures: AlarmFigures


def shown(row: Alarm) -> AlarmShown:
    """Give an alarm as it is read."""
    return AlarmShown(
        id=row.pk,
        kind=AlarmKind(row.kind),
        topic=row.topic or None,
        deployment=row.deployment or None,
        stream=row.stream,
        severity=AlarmSeverity(row.severity),
        state=AlarmState(row.state),
        figures=row.figures,
        latest=row.latest,
        began_at=row.began_at,
        opened_at=row.opened_at,
        last_seen_at=row.last_seen_at,
        times=row.times,
        changed_at=row.changed_at,
        actor=row.actor,
        note=row.note,
        until=row.until,
    )


def alarms_of(
    topics: Collection[str] | None = None,
    topic: str = "",
    state: str = "",
    before: int = NEWEST,
    most: int = USUAL,
) -> list[AlarmShown]:
    """Give alarms, newest first.

    Parameters
    ----------
    topics
        Of these and of none; None: all.
    topic
        Of this one only.
    state
        ``open``: what is not resolved; or a state.
    before
        Those with lower numbers only.
    """
    rows = _concerning(topics).filter(pk__lt=before)
    if topic:
        rows = rows.filter(topic=topic)
    if state == "open":
        rows = rows.exclude(open_key=None)
    elif state:
        rows = rows.filter(state=state)
    return [shown(row) for row in rows.order_by("-pk")[:most]]


def open_first(topics: Collection[str] | None, most: int = MOST) -> list[AlarmShown]:
    """Give what is not resolved, the most severe and newest first."""
    order = (AlarmSeverity.URGENT, AlarmSeverity.WARNING, AlarmSeverity.NOTICE)
    rank = Case(*(When(severity=s.value, then=Value(i)) for i, s in enumerate(order)))
    state = Case(When(state=AlarmState.OPENED.value, then=Value(0)), default=Value(1))
    rows = _concerning(topics).exclude(open_key=None)
    return [shown(row) for row in rows.order_by(state, rank, "-pk")[:most]]


def alarm(number: int, topics: Collection[str] | None = None) -> AlarmShown | None:
    """Give one alarm; None where there is none, or none of these topics."""
    row = _concerning(topics).filter(pk=number).first()
    return shown(row) if row else None


def hours_of(number: int) -> list[HourOfAlarm]:
    """Give the last hours in which an alarm was seen, oldest first."""
    rows = Sighting.objects.filter(alarm=number).order_by("-hour")[:MOST_SIGHTINGS]
    return [HourOfAlarm(row.hour, row.times, row.figures) for row in reversed(rows)]


def _concerning(topics: Collection[str] | None) -> QuerySet[Alarm]:
    if topics is None:
        return Alarm.objects.all()
    return Alarm.objects.filter(Q(topic="") | Q(topic__in=topics))
