"""Put what a campaign chose before moderators: beyond the capacity, or within its part of it.

Within, it takes free places first and then those of the lowest open alerts that nobody holds,
never more than the part that was granted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mimawari.service.actions import hiding
from mimawari.service.admission.lists import held, take_off
from mimawari.service.admission.models import Alert, AlertState, Purpose
from mimawari.service.admission.priorities import drawn, ordinary_priorities

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from mimawari.records.manifest import TopicEntry


class Chosen(msgspec.Struct, frozen=True):
    """A listing version that a campaign asks about; ``not_for`` is who decided it before."""

    version: int
    score: float
    beyond: bool
    not_for: int | None = None


def open_chosen(
    topic: str, entry: TopicEntry, chosen: Sequence[Chosen], now: datetime
) -> list[Alert]:
    """Open alerts, within the transaction that holds the day's list; gives those opened.

    What is ``beyond`` takes no place. Of what is within, only as many are opened as places are
    free or can be given way.
    """
    day = now.date()
    inside = [listing for listing in chosen if not listing.beyond]
    today = Alert.objects.filter(topic=topic, day=day)
    fresh = today.filter(state=AlertState.OPEN, purpose=Purpose.TOP_K).exclude(held(now))
    spent, listed = today.filter(held(now)).count(), fresh.count()
    places = max(0, min(len(inside), entry.capacity - spent))
    over = max(0, spent + listed + places - entry.capacity)
    lowest = list(fresh.order_by("priority", "-pk").values_list("pk", flat=True)[:over])
    closed = take_off(Alert.objects.filter(pk__in=lowest)) if lowest else []
    if closed:
        hiding.settle(closed, now, topic, entry, [])
    priorities = ordinary_priorities(topic, day)
    opened = [*(listing for listing in chosen if listing.beyond), *inside[:places]]
    return Alert.objects.bulk_create(
        Alert(
            listing_version_id=listing.version,
            topic=topic,
            day=day,
            purpose=Purpose.CAMPAIGN,
            score=listing.score,
            priority=drawn(priorities, listing.score),
            not_for_id=listing.not_for,
            beyond=listing.beyond,
            created_at=now,
        )
        for listing in opened
    )


def withdraw(alerts: Sequence[int], now: datetime) -> int:
    """Close alerts of a campaign that nobody holds; gives how many."""
    rows = Alert.objects.filter(
        pk__in=alerts, purpose=Purpose.CAMPAIGN, state=AlertState.OPEN
    ).exclude(leased_until__gt=now)
    numbers = list(rows.select_for_update().order_by("pk").values_list("pk", flat=True))
    return Alert.objects.filter(pk__in=numbers).update(state=AlertState.EXPIRED)
