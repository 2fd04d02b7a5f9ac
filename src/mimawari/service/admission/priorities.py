"""Places in the queue that tell nothing: those of the ordinary alerts of the day."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING

from mimawari.service.admission.models import ASKED, WAITING, Alert, AlertState, Purpose
from mimawari.service.releases import generations

if TYPE_CHECKING:
    from datetime import date, datetime

_draw = random.SystemRandom()


def ordinary_priorities(topic: str, day: date) -> list[float]:
    """Give the priorities of a day's ordinary alerts, of those that wait where there are any."""
    ordinary = Alert.objects.filter(topic=topic, day=day, purpose=Purpose.TOP_K)
    waiting = list(ordinary.filter(state=AlertState.OPEN).values_list("priority", flat=True))
    return waiting or list(ordinary.values_list("priority", flat=True))


def drawn(priorities: list[float], own: float) -> float:
    """Draw one of them; the alert's own score where there are none."""
    return _draw.choice(priorities) if priorities else own


def spent(topic: str, day: date) -> int:
    """Count the reviews of a day that are done or wait, those of the list among them.

    They may be decided before anything pushes them out: then they are spent.
    """
    there = Alert.objects.filter(topic=topic, day=day, purpose__in=ASKED, beyond=False)
    return there.filter(state__in=(AlertState.DECIDED, *WAITING)).count()


def days_with_room(topic: str, now: datetime, number: int = 1) -> list[date]:
    """Give for each of so many reviews today, or tomorrow once today's capacity is spent."""
    newest = generations.serving()
    entry = newest.manifest.topics.get(topic) if newest else None
    capacity = entry.capacity if entry else 0
    today = now.date()
    left = max(0, capacity - spent(topic, today))
    return [today if place < left else today + timedelta(days=1) for place in range(number)]
