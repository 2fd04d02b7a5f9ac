"""A store whose shares and days were watched for four weeks, with alarms."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from mimawari.evaluation.drift.bands import BANDS, COMPETES, INPUTS, MODEL, scores_of
from mimawari.evaluation.drift.hours import hour_of
from mimawari.evaluation.drift.tally import Tally
from mimawari.evaluation.drift.watch import DAY, Watch, WatchState
from mimawari.records.alarm import AlarmFigures, AlarmKind, Condition, Occurrence
from mimawari.service.alarms.watching import seen
from mimawari.service.monitoring.drifting.kept import refresh_shares
from mimawari.service.monitoring.models import DayFigure, DriftHour, DriftWatch
from mimawari.service.platform import clock

DAYS = 28


def fill(topic: str = "weapons") -> int:
    """Fill it; gives the number of an alarm that was seen for hours."""
    draw, now = np.random.default_rng(1), clock.database_now()
    end = int(hour_of(now))
    first = (end // DAY - DAYS) * DAY
    _watch(INPUTS, "", first, end, lambda hour: _inputs(draw, hour, end))
    _watch(scores_of(topic), topic, first, end, lambda hour: _scores(draw))
    for ago in range(DAYS, 1, -1):
        day, fell = (now - timedelta(days=ago)).date(), ago < 5
        alerts, hits = int(draw.poisson(50)), int(draw.binomial(50, 0.3 if fell else 0.6))
        DayFigure.objects.create(
            kind="alerts",
            topic=topic,
            day=day,
            hits=alerts,
            number=alerts,
            usual=50,
            low=28,
            high=77,
        )
        DayFigure.objects.create(
            kind=AlarmKind.PRECISION_FELL, topic=topic, day=day, hits=hits, number=50, usual=0.6,
            low=0.5, high=0.7,
        )  # fmt: skip
    figures = AlarmFigures(value=0.3, usual=0.6, low=0.5, high=0.7, number=50)
    fell_on = now - timedelta(days=4)
    condition = Condition(AlarmKind.PRECISION_FELL, topic)
    seen(Occurrence(condition=condition, figures=figures, began_at=fell_on), now)
    moved = Condition(AlarmKind.DRIFT_OF_INPUTS, stream="language: ja")
    for hours in range(30):
        value = 0.55 + 0.02 * float(draw.standard_normal())
        figures = AlarmFigures(value=value, usual=0.45, low=0.44, high=0.46, number=1_200)
        began = now - timedelta(hours=30)
        at = began + timedelta(hours=hours)
        alarm = seen(Occurrence(condition=moved, figures=figures, began_at=began), at)
    while refresh_shares():
        pass
    return alarm.pk


def _watch(name: str, topic: str, first: int, end: int, draw: object) -> None:
    assert callable(draw)
    past = {}
    for hour in range(first, end):
        past[hour] = Tally(draw(hour))
        DriftHour.objects.create(watch=name, hour=hour, tally=past[hour])
    fixed = () if not topic else BANDS
    watch = Watch(
        WatchState(first=first, kinds=dict.fromkeys(past[first].counts, first)), {}, fixed
    )
    watch.learn(past, end)
    DriftWatch.objects.create(name=name, topic=topic, state=watch.kept())


def _inputs(draw: np.random.Generator, hour: int, end: int) -> dict[str, dict[str, float]]:
    share = (0.55 if hour > end - 30 else 0.45) + 0.05 * np.cos(2 * np.pi * hour / DAY)
    ja = float(draw.binomial(200, share))
    return {
        "language": {"ja": ja, "en": 200 - ja},
        "category": {"Home": 120.0, "Sports": 80.0},
        "price": {"JPY 1000 to 9999": 200.0},
        "length": {"under 50": 90.0, "50 to 199": 110.0},
    }


def _scores(draw: np.random.Generator) -> dict[str, dict[str, float]]:
    bands = draw.multinomial(200, [0.8, 0.15, 0.03, 0.02, 0])
    counts = dict(zip(BANDS, map(float, bands), strict=True))
    return {COMPETES: counts, MODEL + "weapons-0123456789ab": counts}
