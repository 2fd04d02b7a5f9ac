"""Monitoring: shares of what comes in, and of each topic its scores and days, with their alarms."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from django.http import Http404
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from mimawari.evaluation.drift.bands import COMPETES, INPUTS, MODEL, scores_of
from mimawari.evaluation.drift.days import PAST_DAYS
from mimawari.records.alarm import AlarmKind
from mimawari.service.accounts.guard import authority_in, needs
from mimawari.service.accounts.permissions import Permission
from mimawari.service.alarms import reading
from mimawari.service.console.alarm_pages import row_of
from mimawari.service.console.day_charts import Point, Words, over_time
from mimawari.service.console.topic_titles import titles_in_force
from mimawari.service.monitoring.days import ALERTS
from mimawari.service.monitoring.drifting.kept import shares
from mimawari.service.monitoring.models import DayFigure
from mimawari.service.platform import clock

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from django.http import HttpRequest, HttpResponse

    from mimawari.evaluation.charts.chart import Chart
    from mimawari.service.alarms.reading import AlarmShown
    from mimawari.service.monitoring.drifting.course import Course, ShareCourse

ORDER = ("language", "category", "price", "length", COMPETES)
SHOWN_KINDS = (ALERTS, AlarmKind.PRECISION_FELL, AlarmKind.AGREEMENT_FELL, AlarmKind.LABELS_LATE)


@needs(Permission.QUALITY)
@require_GET
def monitoring(request: HttpRequest) -> HttpResponse:
    """Show what comes in, and lead to the topics."""
    authority, names = authority_in(request), titles_in_force()
    alarms = reading.open_first(authority.topics)
    kept = shares(INPUTS).if_kept()
    context = {
        "course": kept.value if kept else None,
        "groups": _groups(kept.value, alarms, "") if kept else [],
        "topics": [
            (topic, name, sum(alarm.topic == topic for alarm in alarms))
            for topic, name in names.items()
            if authority.concerns(topic)
        ],
        "alarms": [row_of(alarm, names) for alarm in alarms if alarm.topic is None],
    }
    return render(request, "console/monitoring.html", context)


@needs(Permission.QUALITY)
@require_GET
def topic(request: HttpRequest, topic: str) -> HttpResponse:
    """Show how a topic's days and scores went."""
    authority, names = authority_in(request), titles_in_force()
    if topic not in names or not authority.concerns(topic):
        raise Http404
    alarms = reading.alarms_of(authority.topics, topic=topic, most=reading.MOST)
    kept = shares(scores_of(topic)).if_kept()
    context = {
        "name": names[topic],
        "course": kept.value if kept else None,
        "days": _days(topic, alarms),
        "groups": _groups(kept.value, alarms, topic) if kept else [],
        "alarms": [row_of(alarm, names) for alarm in alarms if alarm.state != "resolved"],
    }
    return render(request, "console/monitoring_topic.html", context)


def _days(topic: str, alarms: Sequence[AlarmShown]) -> list[Chart]:
    """Draw each figure of the last days, in a query."""
    since = clock.database_now().date() - timedelta(days=PAST_DAYS)
    points: dict[str, list[Point]] = {kind: [] for kind in SHOWN_KINDS}
    for row in DayFigure.objects.filter(topic=topic, day__gte=since).order_by("day"):
        number = row.kind == ALERTS
        if row.kind in points and (number or row.number):
            value = row.number if number else row.hits / row.number
            points[row.kind].append(Point(_noon(row.day), value, row.low, row.high))
    titles = {
        ALERTS: _("Alerts a day"),
        AlarmKind.PRECISION_FELL: _("Precision a day"),
        AlarmKind.AGREEMENT_FELL: _("Agreement a day"),
        AlarmKind.LABELS_LATE: _("Decided within two days"),
    }
    kinds = {ALERTS: (AlarmKind.TOO_MANY_ALERTS, AlarmKind.TOO_FEW_ALERTS)}
    drawn = []
    for kind, mine in points.items():
        began = [a.began_at for a in alarms if a.kind in kinds.get(kind, (kind,))]
        write = _number if kind == ALERTS else _share
        chart = over_time(_words(titles[kind], mine, write), mine, write, began)
        drawn += [chart] if chart else []
    return drawn


def _groups(
    course: Course, alarms: Sequence[AlarmShown], topic: str
) -> list[tuple[str, list[Chart]]]:
    """Draw the shares of each kind."""
    groups: dict[str, list[Chart]] = {}
    for share in sorted(course.shares, key=lambda share: _place(share.kind)):
        title = _kind(share.kind)
        began = [alarm.began_at for alarm in alarms if _concerns(alarm, share, topic)]
        points = [Point(_noon(day.day), day.share, day.low, day.high) for day in share.days]
        chart = over_time(_words(f"{title}: {share.name}", points, _share), points, _share, began)
        groups.setdefault(title, []).extend([chart] if chart else [])
    return list(groups.items())


def _concerns(alarm: AlarmShown, share: ShareCourse, topic: str) -> bool:
    if (alarm.topic or "") != topic:
        return False
    if alarm.deployment:
        return share.kind == MODEL + alarm.deployment and alarm.stream == share.name
    return alarm.stream == f"{share.kind}: {share.name}"


def _place(kind: str) -> int:
    """Have what is asked for first come first."""
    return ORDER.index(kind) if kind in ORDER else len(ORDER)


def _kind(kind: str) -> str:
    known = {
        "language": _("Language"),
        "category": _("Category"),
        "price": _("Price"),
        "length": _("Letters of the text"),
        COMPETES: _("Scores that compete for the list"),
    }
    if kind.startswith(MODEL):
        return _("Scores of %(model)s") % {"model": kind.removeprefix(MODEL)}
    return known.get(kind, kind)


def _words(title: str, points: Sequence[Point], write: object) -> Words:
    assert callable(write)
    last = write(points[-1].value) if points else "–"
    return Words(
        title=title,
        summary=_("By day, the last one %(value)s; as usual where it is shaded.") % {"value": last},
        x_name=_("days (UTC)"),
        y_name="",
        value=_("measured"),
        usual="",
    )


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)


def _share(value: float) -> str:
    return f"{100 * value:.3g}%"


def _number(value: float) -> str:
    return f"{value:,.0f}"
