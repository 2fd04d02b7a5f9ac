"""The page of what is unused, stale, alerted or costly: its limits, and a row a cause."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
from django.utils.translation import gettext as _

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.evaluation.neglect.causes import UNUSED, Cause, Neglected
from mimawari.evaluation.neglect.facts import Limits
from mimawari.service.accounts.permissions import Permission
from mimawari.service.alarms.words import kind_in_words
from mimawari.service.console.models.neglect_words import age_text, cause_text
from mimawari.service.console.models.slot_words import slot_text
from mimawari.service.console.topic_titles import titles_in_force
from mimawari.service.monitoring.neglect import neglect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mimawari.service.accounts.permissions import Authority


class NeglectRow(msgspec.Struct, frozen=True, kw_only=True):
    """Something neglected, as texts; ``reason`` is what the ledger would keep."""

    topic: str
    topic_name: str
    model: str
    slot: str
    slot_name: str
    cause: str
    about: str
    alarm: int | None
    since: datetime
    age: str
    remedy: str
    reason: str


class NeglectPage(msgspec.Struct, frozen=True, kw_only=True):
    """Four lists; ``more``: not all models that were never in force are shown."""

    limits: Limits
    unused: list[NeglectRow]
    stale: list[NeglectRow]
    alerted: list[NeglectRow]
    costly: list[NeglectRow]
    more: bool
    may_change: bool


def read_limits(values: Mapping[str, str]) -> Limits:
    """Read the form; the limits of the package where nothing is written.

    Raises
    ------
    InvalidInputError
        Something is no number of days from 1 to 3,650.

    Examples
    --------
    >>> read_limits({"unused": "7"}).unused
    7
    """
    written = {
        name: text
        for name in Limits.__struct_fields__
        if (text := values.get(name, "").strip()[:10])
    }
    try:
        return msgspec.convert(written, Limits, strict=False)
    except msgspec.ValidationError as error:
        problem = FieldProblem("days", str(error), "write days from 1 to 3650")
        raise InvalidInputError(problem) from error


def neglect_page(limits: Limits, authority: Authority) -> NeglectPage:
    """Gather it."""
    gathered = neglect(limits, authority.topics)
    names = titles_in_force()
    rows = [(row.cause, _row(row, names, gathered.now)) for row in gathered.rows]
    return NeglectPage(
        limits=limits,
        unused=[row for cause, row in rows if cause in UNUSED],
        stale=[row for cause, row in rows if cause not in {*UNUSED, Cause.ALERTED, Cause.COSTLY}],
        alerted=[row for cause, row in rows if cause == Cause.ALERTED],
        costly=[row for cause, row in rows if cause == Cause.COSTLY],
        more=gathered.more,
        may_change=authority.may(Permission.MODELS),
    )


def _row(row: Neglected, names: Mapping[str, str], now: datetime) -> NeglectRow:
    cause = cause_text(row.cause)
    return NeglectRow(
        topic=row.topic,
        topic_name=names.get(row.topic, row.topic),
        model=row.model,
        slot=row.slot or "none",
        slot_name=slot_text(row.slot) if row.slot else "",
        cause=cause,
        about=_about(row),
        alarm=row.alarm.number if row.alarm else None,
        since=row.since,
        age=age_text((now - row.since).days),
        remedy=row.remedy,
        reason=_("%(cause)s (%(day)s)") % {"cause": cause, "day": f"{row.since:%Y-%m-%d}"},
    )


def _about(row: Neglected) -> str:
    """Say what differs; of an alarm what it is about, where the cause does not say so."""
    if row.alarm is None:
        return row.about
    if row.cause == Cause.ALERTED:
        return kind_in_words(row.alarm.kind)
    return _("alarm %(number)s") % {"number": row.alarm.number}
