"""How much waited at the end of each day, and since when: noted while it is so.

An alert does not say when it left the queue, so past days cannot be counted afterwards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Count, Min
from django.utils import timezone

from mimawari.service.admission.models import Alert, AlertState
from mimawari.service.monitoring.models import BacklogOfDay
from mimawari.service.releases import generations

if TYPE_CHECKING:
    from datetime import datetime


def note_backlog(now: datetime | None = None) -> None:
    """Note what waits now as today's (UTC); the last note of a day stands.

    Topics in force with nothing open are noted too: that nothing waited is known of them.
    """
    now, newest = now or timezone.now(), generations.serving()
    opened = Alert.objects.filter(state=AlertState.OPEN).order_by().values_list("topic")
    waiting = {topic: row for topic, *row in opened.annotate(Count("pk"), Min("created_at"))}
    rows = []
    for topic in {*(newest.manifest.topics if newest else ()), *waiting}:
        number, oldest = waiting.get(topic, (0, None))
        rows.append(
            BacklogOfDay(topic=topic, day=now.date(), open=number, oldest_at=oldest, noted_at=now)
        )
    BacklogOfDay.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=("day", "topic"),
        update_fields=("open", "oldest_at", "noted_at"),
    )
