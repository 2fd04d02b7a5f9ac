"""What a marketplace is told of alarms."""

from __future__ import annotations

from typing import Literal

import msgspec

from mimawari.records.alarm import AlarmFigures
from mimawari.records.outgoing_fields import At, EventId  # read by msgspec


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is not as it should be.

    Parameters
    ----------
    kind
        What it is about, such as ``drift_of_inputs``; kinds may be added.
    topic, deployment
        Which topic and which model it concerns; None where none.
    stream
        Which of several shares or figures, such as ``language: ja``; empty where there is one.
    severity
        ``notice``, ``warning`` or ``urgent``.
    figures
        What was measured when it was opened, and against what.
    """

    alarm: int
    kind: str
    topic: str | None
    deployment: str | None
    stream: str
    severity: str
    figures: AlarmFigures
    began_at: At


class TakenUpAlarm(Alarm, frozen=True, kw_only=True):
    """An alarm that somebody looks after, until a time where one was named."""

    until: At | None


class ResolvedAlarm(Alarm, frozen=True, kw_only=True):
    """An alarm that is over, and how often its condition was seen."""

    times: int


class AlarmOpened(msgspec.Struct, frozen=True, tag_field="type", tag="alarm.opened"):
    """Something is not as it should be; told again where an acknowledgement's time is over."""

    id: EventId
    timestamp: At
    data: Alarm
    version: Literal[1] = 1


class AlarmAcknowledged(msgspec.Struct, frozen=True, tag_field="type", tag="alarm.acknowledged"):
    """Somebody looks after an alarm."""

    id: EventId
    timestamp: At
    data: TakenUpAlarm
    version: Literal[1] = 1


class AlarmResolved(msgspec.Struct, frozen=True, tag_field="type", tag="alarm.resolved"):
    """An alarm is over."""

    id: EventId
    timestamp: At
    data: ResolvedAlarm
    version: Literal[1] = 1
