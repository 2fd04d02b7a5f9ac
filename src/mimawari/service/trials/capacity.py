"""Alerts within a topic's capacity of the day: whatever asks for reviews asks here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q

from mimawari.service.admission.lists import displace
from mimawari.service.admission.models import ASKED, Alert, AlertState, Purpose
from mimawari.service.releases import generations

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet


def capacity_of(topic: str) -> int:
    """Give the reviews of a topic a day, as now in force."""
    entry = generations.entry_in_force(topic)
    return entry.capacity if entry else 0


def _today(topic: str, now: datetime) -> tuple[int, QuerySet[Alert]]:
    """Count what of the day is spent, and give what could still give way."""
    held = Alert.objects.filter(
        topic=topic,
        day=now.date(),
        state__in=(AlertState.DECIDED, AlertState.OPEN),
        purpose__in=ASKED,
        beyond=False,
    )
    free = Q(leased_until=None) | Q(leased_until__lte=now)
    yielding = held.filter(free, state=AlertState.OPEN, purpose=Purpose.TOP_K)
    return held.count() - yielding.count(), yielding


def room(topic: str, now: datetime, displacing: bool = True) -> int:
    """Give how many alerts may still be opened today.

    Parameters
    ----------
    displacing
        Whether open alerts of the running top K that nobody holds may give way.
    """
    spent, yielding = _today(topic, now)
    taken = spent + (0 if displacing else yielding.count())
    return max(0, capacity_of(topic) - taken)


def make_room(topic: str, wanted: int, now: datetime) -> None:
    """Displace the lowest open alerts of the running top K until so many more fit.

    Within the caller's transaction, under the lock of the day's list: admitters count
    the same alerts.
    """
    spent, yielding = _today(topic, now)
    over = spent + yielding.count() + wanted - capacity_of(topic)
    # Locked: what a moderator takes at this moment does not give way.
    yielding = yielding.select_for_update(skip_locked=True)
    if over > 0:
        lowest = list(yielding.order_by("priority", "-id").values_list("pk", flat=True)[:over])
        # What chance chose stays beside the list and frees no place: the next lowest gives way.
        while lowest and (short := over - displace(Alert.objects.filter(pk__in=lowest))) > 0:
            over = short
            lowest = list(yielding.order_by("priority", "-id").values_list("pk", flat=True)[:over])
