"""Alarms: what is open, what was measured of each over time, and what somebody does about it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from mimawari.errors import FieldProblem, ForbiddenError, InvalidInputError
from mimawari.records.alarm import AlarmSeverity, AlarmState
from mimawari.service.accounts.authority import principal_of
from mimawari.service.accounts.guard import authority_in, needs
from mimawari.service.accounts.permissions import Permission
from mimawari.service.alarms import changing, reading, words
from mimawari.service.console.day_charts import Point, Words, over_time
from mimawari.service.console.topic_titles import titles_in_force

if TYPE_CHECKING:
    from django.http import HttpResponse

    from mimawari.evaluation.charts.chart import Chart
    from mimawari.records.principal import Principal
    from mimawari.service.alarms.reading import AlarmShown, HourOfAlarm
    from mimawari.service.console.review_pages import HttpRequest

MOST_RESOLVED = 50
STYLE = {
    AlarmSeverity.URGENT: "reject",
    AlarmSeverity.WARNING: "undecided",
    AlarmSeverity.NOTICE: "",
}


class AlarmRow(msgspec.Struct, frozen=True):
    """An alarm in words."""

    alarm: AlarmShown
    kind: str
    topic_name: str
    severity: str
    style: str
    state: str
    measured: str
    resolved: bool


@needs(Permission.QUALITY)
@require_GET
def alarms(request: HttpRequest) -> HttpResponse:
    """List alarms: what is open first, then what was resolved last."""
    topics, names = authority_in(request).topics, titles_in_force()
    over = reading.alarms_of(topics, state=AlarmState.RESOLVED, most=MOST_RESOLVED)
    context = {
        "open": [row_of(alarm, names) for alarm in reading.open_first(topics)],
        "over": [row_of(alarm, names) for alarm in over],
    }
    return render(request, "console/alarms.html", context)


@needs(Permission.QUALITY)
@require_GET
def alarm(request: HttpRequest, number: int) -> HttpResponse:
    """Show one alarm: its figures over time, and what was done about it."""
    shown = _existing(request, number)
    hours = reading.hours_of(number)
    authority = authority_in(request)
    context = {
        "row": row_of(shown, titles_in_force()),
        "chart": chart_of(shown, hours),
        "hours": [(hour, words.measured(hour.figures)) for hour in reversed(hours[-24:])],
        "opened_with": words.measured(shown.figures),
        "may": authority.may(Permission.ALARMS, shown.topic or None),
    }
    return render(request, "console/alarm.html", context)


@needs(Permission.ALARMS)
@require_POST
def change(request: HttpRequest, number: int) -> HttpResponse:
    """Acknowledge or resolve an alarm."""
    _existing(request, number)
    try:
        messages.success(request, _changed(request, number, principal_of(request.user)))
    except (InvalidInputError, ForbiddenError) as error:
        messages.error(request, str(error))
    return redirect("console:alarm", number)


def _changed(request: HttpRequest, number: int, actor: Principal) -> str:
    do, reason = request.POST.get("do", ""), request.POST.get("reason", "")
    if do == "acknowledge":
        changing.acknowledge(number, actor, reason, _time_in(request.POST.get("until", "")))
        return _("The alarm is acknowledged.")
    if do == "resolve":
        changing.resolve(number, actor, reason)
        return _("The alarm is resolved.")
    raise InvalidInputError(FieldProblem("do", "is unknown", "use acknowledge or resolve"))


def _time_in(text: str) -> datetime | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        problem = FieldProblem("until", f"{text[:40]!r} is no time", "write 2026-01-31T09:00")
        raise InvalidInputError(problem) from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def row_of(shown: AlarmShown, names: dict[str, str]) -> AlarmRow:
    """Put an alarm in words."""
    topic = shown.topic or ""
    return AlarmRow(
        alarm=shown,
        kind=words.kind_in_words(shown.kind),
        topic_name=names.get(topic, topic),
        severity=words.severity_in_words(shown.severity),
        style=STYLE[shown.severity],
        state=words.state_in_words(shown.state),
        measured=words.measured(shown.latest),
        resolved=shown.state == AlarmState.RESOLVED,
    )


def chart_of(shown: AlarmShown, hours: list[HourOfAlarm]) -> Chart | None:
    """Draw what was measured by hour, with what is usual."""
    points = [Point(h.hour, h.figures.value, h.figures.low, h.figures.high) for h in hours]
    unit = shown.figures.unit
    summary = _("By hour; shaded where it is as usual. Last: %(figure)s.")
    texts = Words(
        title=_("What was measured"),
        summary=summary % {"figure": words.measured(shown.latest)},
        x_name=_("hours (UTC)"),
        y_name=_("measured"),
        value=_("measured"),
        usual="",
    )
    return over_time(texts, points, lambda value: words.figure(value, unit))


def _existing(request: HttpRequest, number: int) -> AlarmShown:
    shown = reading.alarm(number, authority_in(request).topics)
    if shown is None:
        raise Http404
    return shown
