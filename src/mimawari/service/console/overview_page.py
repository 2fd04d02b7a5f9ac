"""The first page of a lead: volume, precision, backlog, overturned decisions, agreement, alarms."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from django.db.models import Count, Min
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from mimawari.evaluation.intervals import wilson
from mimawari.service.accounts.guard import authority_in
from mimawari.service.accounts.permissions import Permission
from mimawari.service.admission.models import Alert, AlertState
from mimawari.service.console.backlog_history import (
    BacklogHistory,
    PastBacklog,
    backlog_history,
)
from mimawari.service.console.quality_texts import share
from mimawari.service.console.small_charts import SmallChart, bars, counts, shares
from mimawari.service.console.topic_titles import titles_in_force
from mimawari.service.monitoring.figures import latest_days
from mimawari.service.monitoring.overview import TopicDay
from mimawari.service.review.passing import escalated_to

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.http import HttpRequest

    from mimawari.service.accounts.permissions import Authority
    from mimawari.service.monitoring.overview import Overview

PERIODS = (7, 28, 90)
USUAL = 28
OLD = timedelta(days=1)
AGES = 14


class Tile(msgspec.Struct, frozen=True):
    """A figure of the period with its course; ``detail`` says more of it."""

    name: str
    value: str
    detail: str
    chart: SmallChart


class TopicRow(msgspec.Struct, frozen=True):
    """A topic over the period; ``oldest`` is when its oldest open alert was opened."""

    topic: str
    name: str
    alerts: int
    decided: int
    precision: str
    overturned: int
    agreement: str
    open: int
    oldest: datetime | None


class Alarm(msgspec.Struct, frozen=True):
    """Something to look at: of which topic, and what it is."""

    topic: str
    name: str
    text: str


class Backlog(NamedTuple):
    """What is open of a topic's list of one day."""

    topic: str
    day: date
    open: int
    oldest: datetime


class OverviewPage(msgspec.Struct, frozen=True):
    """The topics of somebody over a period of days, as kept ``at`` a time."""

    at: datetime
    period: int
    tiles: list[Tile]
    alarms: list[Alarm]
    topics: list[TopicRow]
    escalated: int
    history: BacklogHistory


def overview_page(request: HttpRequest) -> OverviewPage:
    """Give what the page shows for the period that is asked for; a bounded number of queries."""
    authority, kept = authority_in(request), latest_days().latest()
    asked = request.GET.get("days", "")
    period = int(asked) if asked in map(str, PERIODS) else USUAL
    today = timezone.now().date()
    days = [today - timedelta(days=before) for before in reversed(range(period))]
    names = {t: n for t, n in titles_in_force().items() if authority.concerns(t)}
    rows = [row for row in kept.value.days if row.topic in names and row.day >= days[0]]
    backlog = [row for row in _backlog() if row.topic in names]
    history = backlog_history(days, names, _now(today, backlog))
    return OverviewPage(
        at=kept.at,
        period=period,
        tiles=[*_tiles(rows, days, backlog), *_past(history)],
        alarms=_alarms(kept.value, names, backlog),
        topics=_topics(rows, names, backlog),
        escalated=_escalated(authority),
        history=history,
    )


def _now(today: date, backlog: Sequence[Backlog]) -> PastBacklog:
    oldest = min((row.oldest for row in backlog), default=None)
    age = None if oldest is None else timezone.now() - oldest
    return PastBacklog(today, sum(row.open for row in backlog), age)


def _past(history: BacklogHistory) -> tuple[Tile, Tile]:
    now, most, longest = history.days[0], history.most, history.longest
    open_text = age_text = _("nothing waits")
    if most is not None:
        named = {"n": f"{most.open:,}", "day": f"{most.day:%Y-%m-%d}"}
        open_text = _("at most %(n)s, on %(day)s") % named
    if longest is not None:
        named = {"age": longest.age_text, "day": f"{longest.day:%Y-%m-%d}"}
        age_text = _("at most %(age)s, on %(day)s") % named
    return (
        Tile(_("Backlog over the days"), f"{now.open:,}", open_text, history.open),
        Tile(_("Age of the oldest over the days"), now.age_text, age_text, history.age),
    )


def _escalated(authority: Authority) -> int:
    return escalated_to(authority) if authority.may(Permission.ESCALATED) else 0


def _backlog() -> list[Backlog]:
    rows = Alert.objects.filter(state=AlertState.OPEN).order_by().values_list("topic", "day")
    return [Backlog(*row) for row in rows.annotate(Count("pk"), Min("created_at"))]


def _sum(rows: Iterable[TopicDay]) -> TopicDay:
    total = TopicDay(topic="", day=date.min)
    for row in rows:
        for name in ("alerts", "decided", "judged", "violations", "taken_back", "twice", "agreed"):
            setattr(total, name, getattr(total, name) + getattr(row, name))
    return total


def _tiles(rows: Sequence[TopicDay], days: list[date], backlog: Sequence[Backlog]) -> list[Tile]:
    whole = _sum(rows)
    by_day = [_sum(row for row in rows if row.day == day) for day in days]
    alerts, decisions = _volume(whole, by_day, days)
    precision, overturned, agreement = _judgements(whole, by_day, days)
    return [alerts, decisions, precision, _waiting(days[-1], backlog), overturned, agreement]


def _volume(whole: TopicDay, by_day: Sequence[TopicDay], days: list[date]) -> tuple[Tile, Tile]:
    alerts = Tile(
        _("Alerts"),
        f"{whole.alerts:,}",
        _("%(n)s a day") % {"n": f"{whole.alerts / len(days):,.1f}"},
        counts(_("Alerts a day"), days, [row.alerts for row in by_day]),
    )
    decisions = Tile(
        _("Decisions"),
        f"{whole.decided:,}",
        _("%(n)s violations") % {"n": f"{whole.violations:,}"},
        counts(_("Decisions, by the day of the alert"), days, [row.decided for row in by_day]),
    )
    return alerts, decisions


def _judgements(
    whole: TopicDay, by_day: Sequence[TopicDay], days: list[date]
) -> tuple[Tile, Tile, Tile]:
    precision = Tile(
        _("Precision"),
        share(wilson(whole.violations, whole.judged)),
        _("violations among clear decisions, 95 % interval"),
        shares(_("Precision a day"), days, [(row.violations, row.judged) for row in by_day]),
    )
    of_all = share(wilson(whole.overturned, whole.decided + whole.taken_back))
    overturned = Tile(
        _("Overturned decisions"),
        f"{whole.overturned:,}",
        _("%(share)s; taken back, or contradicted by a second moderator") % {"share": of_all},
        counts(_("Overturned a day"), days, [row.overturned for row in by_day]),
    )
    agreement = Tile(
        _("Agreement"),
        share(wilson(whole.agreed, whole.twice)),
        _("of %(n)s cases judged twice") % {"n": f"{whole.twice:,}"},
        shares(_("Agreement a day"), days, [(row.agreed, row.twice) for row in by_day]),
    )
    return precision, overturned, agreement


def _waiting(today: date, backlog: Sequence[Backlog]) -> Tile:
    oldest = min((row.oldest for row in backlog), default=None)
    ages = [today - timedelta(days=before) for before in reversed(range(AGES))]
    open_by_day = [sum(row.open for row in backlog if row.day == day) for day in ages]
    return Tile(
        _("Backlog"),
        f"{sum(row.open for row in backlog):,}",
        _("the oldest for %(time)s") % {"time": timesince(oldest)}
        if oldest
        else _("nothing waits"),
        bars(_("Open alerts by the day they came"), ages, open_by_day),
    )


def _alarms(known: Overview, names: dict[str, str], backlog: Sequence[Backlog]) -> list[Alarm]:
    untrusted = _("The model's probabilities cannot be trusted any more.")
    alarms = [Alarm(m.topic, names[m.topic], untrusted) for m in known.models if m.topic in names]
    seldom = _("The rule %(rule)s is seldom right: %(precision)s of what it found violated.")
    alarms += [
        Alarm(r.topic, names[r.topic], seldom % {"rule": r.rule, "precision": f"{r.precision:.0%}"})
        for r in known.rules
        if r.topic in names
    ]
    since = timezone.now() - OLD
    late = sorted({row.topic for row in backlog if row.oldest < since})
    waits = _("Alerts have waited for more than a day.")
    return alarms + [Alarm(topic, names[topic], waits) for topic in late]


def _topics(
    rows: Sequence[TopicDay], names: dict[str, str], backlog: Sequence[Backlog]
) -> list[TopicRow]:
    shown = []
    for topic, name in names.items():
        whole = _sum(row for row in rows if row.topic == topic)
        mine = [row for row in backlog if row.topic == topic]
        if not whole.alerts and not mine:
            continue
        shown.append(
            TopicRow(
                topic=topic,
                name=name,
                alerts=whole.alerts,
                decided=whole.decided,
                precision=share(wilson(whole.violations, whole.judged)),
                overturned=whole.overturned,
                agreement=share(wilson(whole.agreed, whole.twice)),
                open=sum(row.open for row in mine),
                oldest=min((row.oldest for row in mine), default=None),
            )
        )
    return sorted(shown, key=lambda row: (-row.open, -row.alerts, row.name))
