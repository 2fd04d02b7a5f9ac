"""Examples of alarms, and the types of their answers."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from mimawari.records.alarm import (
    AlarmFigures,
    AlarmKind,
    AlarmSeverity,
    AlarmState,
)
from mimawari.service.alarms.reading import AlarmShown, HourOfAlarm


class AlarmList(msgspec.Struct, frozen=True):
    """Alarms, newest first; ``next`` is what to give as ``before`` for older ones."""

    alarms: list[AlarmShown]
    next: int | None = None


class AlarmAnswer(msgspec.Struct, frozen=True):
    """An alarm, and the hours in which it was seen, oldest first; 672 at most."""

    alarm: AlarmShown
    hours: list[HourOfAlarm]


_AT = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
FIGURES = AlarmFigures(value=0.55, usual=0.45, low=0.44, high=0.46, number=1_200)
ALARM = AlarmShown(
    id=7,
    kind=AlarmKind.DRIFT_OF_INPUTS,
    topic=None,
    deployment=None,
    stream="language: ja",
    severity=AlarmSeverity.NOTICE,
    state=AlarmState.OPENED,
    figures=FIGURES,
    latest=FIGURES,
    began_at=_AT,
    opened_at=_AT,
    last_seen_at=_AT,
    times=1,
    changed_at=_AT,
    actor="system watch",
    note="",
    until=None,
)
ALARMS = AlarmList([ALARM])
ONE = AlarmAnswer(ALARM, [HourOfAlarm(_AT.replace(minute=0), 1, FIGURES)])
TAKEN_UP = msgspec.structs.replace(
    ALARM, state=AlarmState.ACKNOWLEDGED, actor="key shop", note="the feed is looked at"
)
OVER = msgspec.structs.replace(
    ALARM, state=AlarmState.RESOLVED, actor="key shop", note="the feed was mended"
)
