"""The alerts of a topic and day, and the lock under which they change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection, transaction
from django.db.models import Q

from mimawari.records.closing import Closing
from mimawari.service.actions.hiding import settle
from mimawari.service.admission.event_kinds import record_closed
from mimawari.service.admission.models import ASKED, YIELDING, Alert, AlertState, Purpose
from mimawari.service.intake.models import State
from mimawari.service.platform import clock
from mimawari.service.scoring.models import DayList

if TYPE_CHECKING:
    from collections.abc import Sequence
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
    return Q(purpose__in=ASKED, beyond=False) & (
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
    """Take open alerts off the list and tell of it; gives those that were displaced.

    What chance chose stays, for exploration alone.
    """
    listed = alerts.filter(state=AlertState.OPEN, purpose=Purpose.TOP_K)
    displaced = list(listed.filter(probability=None).order_by("pk").select_for_update())
    numbers = _close(displaced, AlertState.DISPLACED, [Closing.DISPLACED] * len(displaced))
    listed.exclude(probability=None).update(purpose=Purpose.EXPLORATION)
    return numbers


GONE = Q(purpose__in=YIELDING) & (
    Q(listing_version__state=State.SUPERSEDED) | Q(listing_version__ending__isnull=False)
)
"""What an edit or the listing's end closes; its admitter may not have come to it yet."""


def superseded() -> QuerySet[Alert]:
    """Give the open alerts of lists whose listing has a newer version.

    A sample or a comparison keeps its items: an edit must not decide who is judged.
    """
    return Alert.objects.filter(
        state=AlertState.OPEN,
        purpose__in=YIELDING,
        listing_version__state=State.SUPERSEDED,
    )


def ended() -> QuerySet[Alert]:
    """Give the open alerts of lists whose listing ended: sold, withdrawn or removed."""
    return Alert.objects.filter(
        state=AlertState.OPEN,
        purpose__in=YIELDING,
        listing_version__ending__isnull=False,
    )


def close_gone(topic: str) -> list[int]:
    """Close a topic's alerts whose listing was edited or ended meanwhile; gives them."""
    return [*_close_superseded(topic), *_close_ended(topic)]


def _close_ended(topic: str) -> list[int]:
    """Close what ended; what chance chose stays, for exploration alone.

    What is sold fast may differ from the rest: labels of a sample must not depend on it.
    """
    waiting = ended().filter(topic=topic)
    waiting.exclude(probability=None).update(purpose=Purpose.EXPLORATION)
    closed = _locked(waiting.filter(probability=None))
    reasons = [Closing(alert.listing_version.ending.reason) for alert in closed]
    return _close(closed, AlertState.ENDED, reasons)


def _close_superseded(topic: str) -> list[int]:
    closed = _locked(superseded().filter(topic=topic))
    return _close(closed, AlertState.SUPERSEDED, [Closing.EDITED] * len(closed))


def _locked(alerts: QuerySet[Alert]) -> list[Alert]:
    """Hold alerts until the transaction ends: what is decided or closed meanwhile is not given."""
    rows = alerts.select_related("listing_version__ending").defer("listing_version__payload")
    return list(rows.order_by("pk").select_for_update(of=("self",)))


def _close(alerts: Sequence[Alert], state: AlertState, reasons: Sequence[Closing]) -> list[int]:
    """Close alerts that are locked, and tell of it; gives their numbers."""
    numbers = [alert.pk for alert in alerts]
    if numbers:
        Alert.objects.filter(pk__in=numbers).update(state=state)
        record_closed(zip(alerts, reasons, strict=True))
    return numbers
