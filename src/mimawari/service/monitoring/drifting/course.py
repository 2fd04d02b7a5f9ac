"""How the shares of a watch went over the last days, beside what is usual: for pages."""

from __future__ import annotations

import math
from collections import defaultdict
from datetime import date, timedelta
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from scipy.special import expit, logit

from mimawari.evaluation.drift.bands import INPUTS
from mimawari.evaluation.drift.detector import ERRORS
from mimawari.evaluation.drift.hours import hour_of, time_of
from mimawari.evaluation.drift.reference import UNKNOWN
from mimawari.evaluation.drift.tally import added
from mimawari.evaluation.drift.watch import DAY, PAST, Watch
from mimawari.service.monitoring.drifting.watches import watch_of
from mimawari.service.monitoring.models import DriftHour, DriftWatch
from mimawari.service.platform import clock

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mimawari.evaluation.drift.tally import Tally

DAYS = 28
MOST_NAMES = 6


class ShareOnDay(msgspec.Struct, frozen=True):
    """A share of a day, and between which it is as usual, where that is known."""

    day: date
    share: float
    low: float | None = None
    high: float | None = None


class ShareCourse(msgspec.Struct, frozen=True):
    """A share over the days, oldest first; days without listings are left out."""

    kind: str
    name: str
    days: list[ShareOnDay]


class Course(msgspec.Struct, frozen=True):
    """What a watch saw.

    Parameters
    ----------
    learning_until
        When the first reference is learnt; None once there is one.
    counted
        Sellers who were counted on these days.
    """

    shares: list[ShareCourse] = []
    learning_until: date | None = None
    counted: int = 0


def course(name: str = INPUTS) -> Course:
    """Give how the shares of a watch went; empty where nothing was counted yet."""
    row = DriftWatch.objects.filter(pk=name).first()
    if row is None:
        return Course()
    end = hour_of(clock.database_now())
    first = int(end // DAY - DAYS + 1) * DAY
    hours = DriftHour.objects.filter(watch=name, hour__gte=min(first, int(end) - PAST - DAY))
    known: dict[int, Tally] = dict(hours.values_list("hour", "tally"))
    by_day: defaultdict[int, list[int]] = defaultdict(list)
    for hour in sorted(known):
        if hour >= first:
            by_day[hour // DAY].append(hour)
    tallies = {day: added(known[hour] for hour in mine) for day, mine in by_day.items()}
    watch = watch_of(name, row.state, known)
    until = watch.learning_until
    total = added(tallies.values()).counts
    return Course(
        shares=[
            ShareCourse(kind, share, _days(kind, share, tallies, by_day, watch))
            for kind, names in sorted(total.items())
            for share in sorted(names, key=lambda n: (-names[n], n))[:MOST_NAMES]
        ],
        learning_until=None if until is None else _date(until / DAY),
        counted=round(max((sum(names.values()) for names in total.values()), default=0)),
    )


def learning_until(name: str = INPUTS) -> date | None:
    """Give until when a watch learns; None where it watches, or where nothing was counted."""
    state = DriftWatch.objects.filter(pk=name).values_list("state", flat=True).first()
    if state is None or state.first is None:
        return None
    end = state.first + PAST
    return _date(end / DAY) if (state.day or 0) * DAY < end else None


def _days(
    kind: str,
    name: str,
    tallies: Mapping[int, Tally],
    hours: Mapping[int, list[int]],
    watch: Watch,
) -> list[ShareOnDay]:
    places = {(s.kind, s.name): i for i, s in enumerate(watch.state.streams)}
    place, days = places.get((kind, name)), []
    for day, tally in tallies.items():
        names = tally.counts.get(kind, {})
        total = sum(names.values())
        if not total:
            continue
        low = high = None
        if place is not None:
            usual = [watch.usual(hour) for hour in hours[day]]
            error = max(float(level.error[place]) for level in usual)
            if error < UNKNOWN:
                centre = float(np.mean([level.share[place] for level in usual]))
                room = math.log(watch.rule.tolerance) + ERRORS * error
                low, high = (float(expit(logit(centre) + sign * room)) for sign in (-1, 1))
        days.append(ShareOnDay(_date(day), names.get(name, 0.0) / total, low, high))
    return days


def _date(day: float) -> date:
    return (time_of(day * DAY) + timedelta(seconds=1)).date()
