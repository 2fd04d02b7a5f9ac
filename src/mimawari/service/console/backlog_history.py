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
