"""The breaker of a second stage, shared by all that ask it: a row, not a process's memory."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from mimawari.service.admission.models import StageHealth
from mimawari.service.admission.stage_terms import is_away

if TYPE_CHECKING:
    from datetime import datetime

OPENS_AT = 5
"""Requests in a row without any answer."""
FIRST_SECONDS, MOST_SECONDS = 5.0, 300.0
MOST_PROBLEM = 500


def note(topic: str, answered: bool, problem: str, now: datetime) -> None:
    """Note how a request went; each that fails once it is closed again opens it twice as long.

    What was under way when it opened does not count.
    """
    row = StageHealth.objects.filter(topic=topic).first()
    if answered and (row is None or not row.failures):
        return
    StageHealth.objects.bulk_create([StageHealth(topic=topic)], ignore_conflicts=True)
    with transaction.atomic():
        row = StageHealth.objects.select_for_update().get(topic=topic)
        if answered:
            row.failures, row.opened_at, row.open_until, row.problem = 0, None, None, ""
        elif is_away(row, now):
            return
        else:
            _fail(row, problem, now)
        row.save()


def _fail(row: StageHealth, problem: str, now: datetime) -> None:
    row.failures += 1
    row.problem = problem[:MOST_PROBLEM]
    if row.failures >= OPENS_AT:
        times = min(row.failures - OPENS_AT, 10)
        seconds = min(MOST_SECONDS, FIRST_SECONDS * 2**times)
        row.opened_at, row.open_until = now, now + timedelta(seconds=seconds)


def most_groups(topic: str, wanted: int, now: datetime) -> int:
    """Give how many requests may begin: none while it is open, one to see whether it is over."""
    row = StageHealth.objects.filter(topic=topic).first()
    if is_away(row, now):
        return 0
    return min(wanted, 1) if row is not None and row.failures >= OPENS_AT else wanted
