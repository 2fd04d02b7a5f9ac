"""The backlog over past days: how much waited at the end of each, and for how long the oldest."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import msgspec
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mimawari.service.console.small_charts import SmallChart, course
from mimawari.service.monitoring.models import BacklogOfDay

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

DAY = timedelta(days=1)


class PastBacklog(msgspec.Struct, frozen=True):
    """What waited at the end of a day, and for how long the oldest had; None where nothing did."""

    day: date
    open: int
    age: timedelta | None

    @property
    def age_text(self) -> str:
        """Write the age."""
        return age_text(self.age)


class BacklogHistory(msgspec.Struct, frozen=True):
    """The days of a period that are known, newest first, and two charts of all of it."""

    days: list[PastBacklog]
    open: SmallChart
    age: SmallChart

    @property
    def most(self) -> PastBacklog | None:
        """The day at whose end most waited."""
        return max((row for row in self.days if row.open), key=lambda row: row.open, default=None)

    @property
    def longest(self) -> PastBacklog | None:
        """The day at whose end something had waited longest."""
        waited = [(row.age, row) for row in self.days if row.age is not None]
        return max(waited, key=lambda pair: pair[0])[1] if waited else None


def backlog_history(
    days: Sequence[date], topics: Collection[str], today: PastBacklog
) -> BacklogHistory:
    """Sum what was noted of some topics; one query.

    Parameters
    ----------
    today
        As it is now; the note of it may be minutes old.
    """
    rows = BacklogOfDay.objects.filter(day__range=(days[0], days[-1]), topic__in=list(topics))
    known: dict[date, PastBacklog] = {}
    for day, number, oldest, at in rows.values_list("day", "open", "oldest_at", "noted_at"):
        ages = [at - oldest] if oldest is not None else []
        before = known.get(day, PastBacklog(day, 0, None))
        ages += [before.age] if before.age is not None else []
        known[day] = PastBacklog(day, before.open + number, max(ages, default=None))
    known[today.day] = today
    past = [known.get(day) for day in days]
    ages_in_days = [None if row is None else (row.age or timedelta(0)) / DAY for row in past]
    return BacklogHistory(
        days=[row for row in reversed(past) if row is not None],
        open=course(
            _("Open at the end of each day"),
            days,
            [None if row is None else row.open for row in past],
            lambda value: f"{value:,.0f}",
        ),
        age=course(
            _("Age of the oldest at the end of each day"),
            days,
            ages_in_days,
            lambda value: age_text(DAY * value),
        ),
    )


def age_text(age: timedelta | None) -> str:
    """Write an age in minutes, from two hours on in hours, from two days on in days."""
    if age is None:
        return "–"
    if age < timedelta(hours=2):
        number = age // timedelta(minutes=1)
        return ngettext("%(n)s minute", "%(n)s minutes", number) % {"n": number}
    if age < 2 * DAY:
        number = age // timedelta(hours=1)
        return ngettext("%(n)s hour", "%(n)s hours", number) % {"n": number}
    return ngettext("%(days)s day", "%(days)s days", age.days) % {"days": age.days}
