"""Watches each topic's days: alerts, precision, agreement, and how late decisions come.

A day is judged once, two days after it is over: what was decided by then counts. Its figures are
those of the overview. A day enters its row and its alarm in one transaction, under a key that two
keepers cannot both take.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, NamedTuple

from django.db import IntegrityError, transaction

from mimawari.evaluation.drift.days import GAP, PAST_DAYS, limits_of_day, share_of_day
from mimawari.records.alarm import (
    AlarmFigures,
    AlarmKind,
    AlarmState,
    AlarmUnit,
    Condition,
    Occurrence,
)
from mimawari.service.alarms.event_kinds import WATCH
from mimawari.service.alarms.models import Alarm
from mimawari.service.alarms.watching import absent, seen
from mimawari.service.monitoring.figures import latest_days
from mimawari.service.monitoring.models import DayFigure
from mimawari.service.monitoring.overview import TopicDay
from mimawari.service.platform import clock

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

JUDGED_AFTER = 2
# An older day is past when it is first looked at: it is learnt from, and never told.
TOLD_WITHIN = timedelta(days=7)
ALERTS = "alerts"


class Share(NamedTuple):
    """A share of a day: which of how many."""

    kind: AlarmKind
    of: Callable[[TopicDay], tuple[int, int]]


SHARES = (
    Share(AlarmKind.PRECISION_FELL, lambda row: (row.violations, row.judged)),
    Share(AlarmKind.AGREEMENT_FELL, lambda row: (row.agreed, row.twice)),
    Share(AlarmKind.LABELS_LATE, lambda row: (min(row.decided, row.alerts), row.alerts)),
)
COUNTS = (AlarmKind.TOO_MANY_ALERTS, AlarmKind.TOO_FEW_ALERTS)


def watch_days(now: datetime | None = None) -> int:
    """Judge what is over and was not judged yet; gives how many figures."""
    now = now or clock.database_now()
    kept = latest_days().if_kept()
    if kept is None:
        return 0
    rows = {(row.topic, row.day): row for row in kept.value.days}
    newest = kept.at.astimezone(UTC).date() - timedelta(days=JUDGED_AFTER)
    done = 0
    for topic in sorted({topic for topic, _ in rows}):
        first = min(day for known, day in rows if known == topic)
        days = [first + timedelta(days=i) for i in range((newest - first).days + 1)]
        judged = _judged(topic)
        for day in days:
            row = rows.get((topic, day)) or TopicDay(topic=topic, day=day)
            for kind in (ALERTS, *(share.kind for share in SHARES)):
                if judged.get(kind, day - timedelta(days=1)) < day:
                    done += _judge(row, kind, now)
    return done


def _judged(topic: str) -> dict[str, date]:
    """Give the newest day of each kind that was judged."""
    rows = DayFigure.objects.filter(topic=topic).order_by("day").values_list("kind", "day")
    return dict(rows)


def _judge(row: TopicDay, kind: str, now: datetime) -> int:
    try:
        with transaction.atomic():
            if kind == ALERTS:
                _judge_number(row, now)
            else:
                _judge_share(row, next(share for share in SHARES if share.kind == kind), now)
    except IntegrityError:  # another keeper was first
        return 0
    return 1


def _judge_share(row: TopicDay, share: Share, now: datetime) -> None:
    past = _past(row, share.kind)
    last = Alarm.objects.filter(kind=share.kind, topic=row.topic).order_by("-pk").first()
    hits, number = share.of(row)
    evidence = past[-1].evidence if past else None
    known = [(day.hits, day.number) for day in _usual(past, last)]
    judged = share_of_day(known, hits, number, evidence)
    recent = _is_recent(row.day, now)
    is_open = last is not None and last.state != AlarmState.RESOLVED
    figures = (judged.usual, judged.low, judged.high)
    _keep(row, share.kind, (hits, number), figures, judged.fell and recent, judged.evidence)
    if not (recent and number) or judged.low is None:
        return
    value = hits / number
    if judged.fell or (is_open and value < judged.low):
        _tell(row, share.kind, value, figures, number, now)
    else:
        absent(Condition(share.kind, row.topic), now)


def _usual(past: Sequence[DayFigure], last: Alarm | None) -> list[DayFigure]:
    """Give the days that say what is usual.

    While an alarm is open, those before it; once it was over by itself, all but those that were
    as it says; once somebody resolved it, those since: this is the level from then on.
    """
    fell = [i for i, day in enumerate(past) if day.told]
    if last is None or not fell:
        return list(past)
    if last.state != AlarmState.RESOLVED:
        first = next((i for i in fell if past[i].day >= last.began_at.date()), fell[-1])
        return list(past[:first])
    if last.actor == str(WATCH):
        return [day for day in past if not (day.low and day.hits < day.low * day.number)]
    return list(past[fell[-1] + 1 :])


def _judge_number(row: TopicDay, now: datetime) -> None:
    past = _past(row, ALERTS)
    limits = limits_of_day([day.number for day in past])
    figures = (limits.usual, limits.low, limits.high) if limits else (None, None, None)
    off = None
    if limits is not None and _is_recent(row.day, now):
        off = next(
            (
                kind
                for kind, outside in zip(
                    COUNTS, (row.alerts > limits.high, row.alerts < limits.low), strict=True
                )
                if outside
            ),
            None,
        )
    _keep(row, ALERTS, (row.alerts, row.alerts), figures, off is not None, None)
    if limits is None or not _is_recent(row.day, now):
        return
    for kind in COUNTS:
        if kind == off:
            _tell(row, kind, row.alerts, figures, row.alerts, now, AlarmUnit.NUMBER)
        else:
            absent(Condition(kind, row.topic), now)


def _past(row: TopicDay, kind: str) -> Sequence[DayFigure]:
    rows = DayFigure.objects.filter(topic=row.topic, kind=kind, day__lt=row.day)
    return list(reversed(rows.order_by("-day")[: PAST_DAYS + GAP]))


def _keep(
    row: TopicDay,
    kind: str,
    counted: tuple[int, int],
    figures: tuple[float | None, float | None, float | None],
    told: bool,
    evidence: list[float] | None,
) -> None:
    usual, low, high = figures
    DayFigure.objects.create(
        kind=kind,
        topic=row.topic,
        day=row.day,
        hits=counted[0],
        number=counted[1],
        usual=usual,
        low=low,
        high=high,
        evidence=evidence,
        told=told,
    )


def _tell(
    row: TopicDay,
    kind: AlarmKind,
    value: float,
    figures: tuple[float | None, float | None, float | None],
    number: int,
    now: datetime,
    unit: AlarmUnit = AlarmUnit.SHARE,
) -> None:
    usual, low, high = figures
    measured = AlarmFigures(value=value, unit=unit, usual=usual, low=low, high=high, number=number)
    began = datetime.combine(row.day, time(), UTC)
    condition = Condition(kind, row.topic)
    seen(Occurrence(condition=condition, figures=measured, began_at=began), now)


def _is_recent(day: date, now: datetime) -> bool:
    return now.date() - day <= TOLD_WITHIN
