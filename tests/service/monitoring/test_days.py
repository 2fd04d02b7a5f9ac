"""Days are judged once, by what the overview keeps; alarms of what fell."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import msgspec
import pytest

from mimawari.records.alarm import AlarmKind, AlarmState, Condition
from mimawari.service.alarms.models import Alarm
from mimawari.service.alarms.reading import alarms_of
from mimawari.service.monitoring.days import watch_days
from mimawari.service.monitoring.models import DayFigure, KeptFigures
from mimawari.service.monitoring.overview import ModelAlarm, Overview, TopicDay
from mimawari.service.monitoring.trust_watch import watch_probabilities
from mimawari.service.platform import clock

pytestmark = pytest.mark.django_db(transaction=True)


def keep(days: list[TopicDay], at: datetime, models: tuple[str, ...] = ()) -> None:
    """Keep an overview as the keeper does."""
    value = Overview(days, [ModelAlarm(topic) for topic in models], [])
    KeptFigures.objects.update_or_create(
        name="overview", defaults={"at": at, "newest": 0, "body": msgspec.msgpack.encode(value)}
    )


def day(at: date, precision: float = 0.6, alerts: int = 100) -> TopicDay:
    return TopicDay(
        topic="weapons",
        day=at,
        alerts=alerts,
        decided=alerts,
        judged=alerts,
        violations=round(precision * alerts),
        twice=20,
        agreed=18,
    )


def noon(at: date) -> datetime:
    return datetime.combine(at, time(12), UTC)


def live(days: int, precision: float = 0.6, alerts: int = 100) -> list[TopicDay]:
    """Let days go by until today, each looked at."""
    today = clock.database_now().date()
    rows: list[TopicDay] = []
    for ago in reversed(range(days)):
        rows.append(day(today - timedelta(days=ago)))
    keep(rows, noon(today))
    watch_days(noon(today))
    return rows


def go_on(rows: list[TopicDay], days: int, precision: float = 0.6, alerts: int = 100) -> datetime:
    for _ in range(days):
        rows.append(day(rows[-1].day + timedelta(days=1), precision, alerts))
        now = noon(rows[-1].day)
        keep(rows, now)
        watch_days(now)
        watch_days(now)  # it is judged once
    return now


def test_each_day_is_judged_once_and_quiet_ones_open_nothing() -> None:
    rows = live(30)
    go_on(rows, 5)
    assert DayFigure.objects.filter(kind="alerts").count() == 33  # two days are not over
    assert DayFigure.objects.count() == 4 * 33
    assert alarms_of() == []
    newest = DayFigure.objects.filter(kind=AlarmKind.PRECISION_FELL).latest("day")
    assert newest.low is not None
    assert newest.low < newest.usual < newest.high


def test_a_precision_that_fell_is_one_alarm_until_it_is_back() -> None:
    rows = live(30)
    now = go_on(rows, 6, precision=0.2)
    (alarm,) = alarms_of()
    assert (alarm.kind, alarm.topic) == (AlarmKind.PRECISION_FELL, "weapons")
    assert alarm.figures.value == 0.2
    assert abs(alarm.figures.usual - 0.6) < 0.01
    assert alarm.times >= 2
    now = go_on(rows, 8)
    assert Alarm.objects.get().state == AlarmState.RESOLVED
    assert now


@pytest.mark.parametrize(
    ("alerts", "kind"), [(300, AlarmKind.TOO_MANY_ALERTS), (20, AlarmKind.TOO_FEW_ALERTS)]
)
def test_numbers_that_leave_their_past_are_told(alerts: int, kind: AlarmKind) -> None:
    rows = live(30)
    go_on(rows, 3, alerts=alerts)
    assert {alarm.kind for alarm in alarms_of()} == {kind}
    assert alarms_of()[0].figures.value == alerts


def test_a_past_that_is_first_looked_at_opens_nothing() -> None:
    today = clock.database_now().date()
    rows = [day(today - timedelta(days=ago), 0.6 if ago > 20 else 0.1) for ago in range(60, 8, -1)]
    keep(rows, noon(today))
    watch_days(noon(today))
    assert {alarm.kind for alarm in alarms_of()} <= {AlarmKind.TOO_FEW_ALERTS}  # nothing came since


def test_doubted_probabilities_are_an_alarm_of_the_topic() -> None:
    now = clock.database_now()
    keep([], now, models=("weapons",))
    watch_probabilities(now)
    assert alarms_of() == [], "no quality is kept yet: nothing was measured"


SLOW = Condition(AlarmKind.LATENCY, "weapons", "m")
