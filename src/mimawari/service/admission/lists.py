"""The alerts of a topic and day, and the lock under which they change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection, transaction
from django.db.models import Q

from mimawari.service.actions.hiding import settle
from mimawari.service.admission.event_kinds import record_closed
from mimawari.service.admission.models import ASKED, LISTED, Alert, AlertState, Purpose
from mimawari.service.intake.models import State
from mimawari.service.platform import clock
from mimawari.service.scoring.models import DayList

if TYPE_CHECKING:
    from datetime import date, datetime

    from django.db.models import QuerySet


def lock_list(topic: str, day: date, wait: bool = False) -> DayList | None:
    """Take the list of a topic and day, within the caller's transaction.

    Whoever opens or displaces alerts of a list holds this; SQLite's write transactions exclude
    each other anyway.

    Parameters
    ----------
    wait
        Whether to wait for another holder; otherwise None is given where there is one.
    """
    begin_list(topic, day)
    rows = DayList.objects.filter(topic=topic, day=day)
    if connection.features.has_select_for_update:
        rows = rows.select_for_update(skip_locked=not wait)
    return rows.first()


def begin_list(topic: str, day: date) -> None:
    """Make the list of a topic and day where there is none yet.

    Outside of a transaction nobody waits for whoever makes the same list at that moment.
    """
    if not DayList.objects.filter(topic=topic, day=day).exists():
        DayList.objects.bulk_create([DayList(topic=topic, day=day)], ignore_conflicts=True)


def held(now: datetime) -> Q:
    """Give what is spent capacity: nothing pushes out what is decided, leased, or no list's."""
    return Q(purpose__in=ASKED) & (
        Q(state__in=(AlertState.DECIDED, AlertState.ESCALATED))
        | Q(state=AlertState.OPEN, leased_until__gt=now)
        | (Q(state=AlertState.OPEN) & ~Q(purpose=Purpose.TOP_K))
    )


def displace(alerts: QuerySet[Alert]) -> int:
    """Take open alerts off the list, and show what was hidden for them; gives how many."""
    with transaction.atomic():
        taken_off = take_off(alerts)
        if taken_off:
            settle(taken_off, clock.database_now())
    return len(taken_off)


def take_off(alerts: QuerySet[Alert]) -> list[int]:
    """Take open alerts off the list; what chance chose stays, for exploration alone.

    Gives those that were displaced.
    """
    listed = alerts.filter(state=AlertState.OPEN, purpose=Purpose.TOP_K)
    chosen = listed.filter(probability=None).select_for_update()
    displaced = list(chosen.values_list("pk", flat=True))
    if displaced:
        Alert.objects.filter(pk__in=displaced).update(state=AlertState.DISPLACED)
    listed.exclude(probability=None).update(purpose=Purpose.EXPLORATION)
    return displaced


GONE = Q(purpose__in=LISTED) & (
    Q(listing_version__state=State.SUPERSEDED) | Q(listing_version__ending__isnull=False)
)
"""What an edit or the listing's end closes; its admitter may not have come to it yet."""


def superseded() -> QuerySet[Alert]:
    """Give the open alerts of lists whose listing has a newer version.

    A sample or a comparison keeps its items: an edit must not decide who is judged.
    """
    return Alert.objects.filter(
        state=AlertState.OPEN,
        purpose__in=LISTED,
        listing_version__state=State.SUPERSEDED,
    )


def ended() -> QuerySet[Alert]:
    """Give the open alerts of lists whose listing ended: sold, withdrawn or removed."""
    return Alert.objects.filter(
        state=AlertState.OPEN,
        purpose__in=LISTED,
        listing_version__ending__isnull=False,
    )


def close_gone(topic: str) -> list[int]:
    """Close a topic's alerts whose listing was edited or ended meanwhile; gives them."""
    return [*_close_superseded(topic), *_close_ended(topic)]


def _close_ended(topic: str) -> list[int]:
    """Close what ended, and tell of it; what chance chose stays, for exploration alone.

    What is sold fast may differ from the rest: labels of a sample must not depend on it.
    """
    waiting = ended().filter(topic=topic)
    waiting.exclude(probability=None).update(purpose=Purpose.EXPLORATION)
    # Locked: what is decided at this moment is not closed.
    rows = waiting.filter(probability=None).select_related("listing_version__ending")
    rows = rows.defer("listing_version__payload").order_by("pk")
    closed = list(rows.select_for_update(of=("self",)))
    if closed:
        Alert.objects.filter(pk__in=[a.pk for a in closed]).update(state=AlertState.ENDED)
        record_closed(closed)
    return [alert.pk for alert in closed]


def _close_superseded(topic: str) -> list[int]:
    ids = list(superseded().filter(topic=topic).values_list("pk", flat=True))
    if not ids:
        return []
    Alert.objects.filter(pk__in=ids, state=AlertState.OPEN).update(state=AlertState.SUPERSEDED)
    # What was decided at that moment is not closed.
    closed = Alert.objects.filter(pk__in=ids, state=AlertState.SUPERSEDED)
    return list(closed.values_list("pk", flat=True))
