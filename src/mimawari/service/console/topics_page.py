"""Today's topics: what waits, and how much of the capacity is used."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta

import msgspec
from django.db.models import Count, Min
from django.utils import timezone

from mimawari.service.admission.models import ASKED, Alert, AlertState
from mimawari.service.catalogue.topic_files import topic_files
from mimawari.service.console.texts import in_language
from mimawari.service.releases import generations

DAYS = 7


class TopicToday(msgspec.Struct, frozen=True):
    """A topic in force: what waits, since when, and how much of today's capacity is used.

    ``week`` holds how many alerts its lists of the last days have, today last.
    """

    topic: str
    name: str
    open: int
    used: int
    capacity: int
    percent: int
    oldest: datetime | None
    week: tuple[int, ...]


def topics_today() -> list[TopicToday]:
    """Give each topic in force with its open alerts and the capacity used today."""
    newest = generations.serving()
    if newest is None:
        return []
    waiting = Alert.objects.filter(state=AlertState.OPEN).order_by().values_list("topic")
    opened = {topic: row for topic, *row in waiting.annotate(Count("pk"), Min("created_at"))}
    today = timezone.now().date()
    days = [today - timedelta(days=before) for before in reversed(range(DAYS))]
    asked = Alert.objects.filter(day__gte=days[0], purpose__in=ASKED)
    listed = asked.order_by().values_list("topic", "day", "state")
    week: Counter[tuple[str, date]] = Counter()
    used: Counter[str] = Counter()
    for topic, day, state, number in listed.annotate(Count("pk")):
        week[topic, day] += number
        used[topic] += number if day == today and state == AlertState.DECIDED else 0
    entries = newest.manifest.topics
    files = topic_files((topic, entry.topic_file) for topic, entry in entries.items())
    rows = []
    for topic, entry in entries.items():
        number, oldest = opened.get(topic, (0, None))
        capacity = entry.capacity
        rows.append(
            TopicToday(
                topic=topic,
                name=in_language(files[topic, entry.topic_file].title),
                open=number,
                used=used[topic],
                capacity=capacity,
                percent=min(100, round(100 * used[topic] / capacity)),
                oldest=oldest,
                week=tuple(week[topic, day] for day in days),
            )
        )
    return sorted(rows, key=lambda row: (-row.open, row.name))
