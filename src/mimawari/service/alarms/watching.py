"""What any room tells of a condition: that it was seen, or that it was looked at and is not there.

Both may be called by several processes at once and in any transaction: of a condition there is
one open alarm, whose count grows, and each change of its state writes one event.
"""

from __future__ import annotations

import hashlib
from datetime import UTC
from typing import TYPE_CHECKING

import msgspec
from django.db import IntegrityError, transaction
from django.db.models import F

from mimawari.records.alarm import AlarmKind, AlarmState, Condition
from mimawari.service.alarms.changing import change
from mimawari.service.alarms.event_kinds import WATCH
from mimawari.service.alarms.models import Alarm, Sighting
from mimawari.service.alarms.rules import QUIET, severity_of
from mimawari.service.platform import clock

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from mimawari.records.alarm import Occurrence

ABSENT = "the condition was not there any more"


def seen(occurrence: Occurrence, now: datetime | None = None) -> Alarm:
    """Open an alarm of what was seen; where one is open, count it once more.

    One that was acknowledged until a time that is over is opened again.
    """
    now = now or clock.database_now()
    with transaction.atomic():
        alarm = _open_of(occurrence.condition).first()
        if alarm is not None:
            return _again(alarm, occurrence, now)
        try:
            with transaction.atomic():
                return _opened(occurrence, now)
        except IntegrityError:  # another process was first
            return _again(_open_of(occurrence.condition).get(), occurrence, now)


def absent(condition: Condition, now: datetime | None = None) -> Alarm | None:
    """Note that a condition was looked at and is not there; gives its open alarm, if any.

    Once that was so for as long as `rules.QUIET` says of its kind, the alarm is resolved. What
    is not looked at is never resolved.
    """
    now = now or clock.database_now()
    if not _filtered(condition).exists():  # the usual case takes no lock
        return None
    with transaction.atomic():
        alarm = _open_of(condition).first()
        if alarm is None:
            return None
        since = alarm.absent_since
        alarm.absent_since = now if since is None else min(since, now)  # clocks are set back
        if now - alarm.absent_since >= QUIET[AlarmKind(alarm.kind)]:
            return change(alarm, AlarmState.RESOLVED, WATCH, ABSENT, now)
        if alarm.absent_since != since:
            alarm.save(update_fields=("absent_since",))
        return alarm


def open_conditions(*kinds: AlarmKind) -> set[Condition]:
    """Give the conditions of some kinds that have an open alarm, with one query."""
    rows = Alarm.objects.exclude(open_key=None).filter(kind__in=kinds)
    named = rows.values_list("kind", "topic", "deployment", "stream")
    return {Condition(AlarmKind(kind), *others) for kind, *others in named}


def key_of(condition: Condition) -> str:
    """Give what stands for a condition while it has an open alarm."""
    return hashlib.sha256(msgspec.json.encode(condition)).hexdigest()


def _filtered(condition: Condition) -> QuerySet[Alarm]:
    return Alarm.objects.filter(open_key=key_of(condition))


def _open_of(condition: Condition) -> QuerySet[Alarm]:
    return _filtered(condition).select_for_update()


def _opened(occurrence: Occurrence, now: datetime) -> Alarm:
    condition = occurrence.condition
    alarm = Alarm(
        open_key=key_of(condition),
        kind=condition.kind,
        topic=condition.topic,
        deployment=condition.deployment,
        stream=condition.stream,
        severity=occurrence.severity or severity_of(condition.kind),
        figures=occurrence.figures,
        latest=occurrence.figures,
        began_at=min(occurrence.began_at or now, now).astimezone(UTC),
        opened_at=now.astimezone(UTC),
        last_seen_at=now,
    )
    change(alarm, AlarmState.OPENED, WATCH, "", now)
    _note(alarm, occurrence, now)
    return alarm


def _again(alarm: Alarm, occurrence: Occurrence, now: datetime) -> Alarm:
    alarm.times += 1
    alarm.latest, alarm.absent_since = occurrence.figures, None
    alarm.last_seen_at = max(alarm.last_seen_at, now)
    alarm.save(update_fields=("times", "latest", "absent_since", "last_seen_at"))
    _note(alarm, occurrence, now)
    over = alarm.until is not None and alarm.until <= now
    if alarm.state == AlarmState.ACKNOWLEDGED and over:
        change(alarm, AlarmState.OPENED, WATCH, "the time of its acknowledgement is over", now)
    return alarm


def _note(alarm: Alarm, occurrence: Occurrence, now: datetime) -> None:
    hour = now.replace(minute=0, second=0, microsecond=0)
    given = {"figures": occurrence.figures}
    row, new = Sighting.objects.get_or_create(alarm=alarm, hour=hour, defaults=given)
    if not new:
        Sighting.objects.filter(pk=row.pk).update(times=F("times") + 1, **given)
