"""The table of snapshots as a queue: due ones are leased, and settled once.

A lease is `due_at` set ahead, with the try counted: whoever is killed in the middle loses nothing
but time, and a picture that kills whoever opens it is not opened for ever.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F, Q

from mimawari.service.media.fetching import FetchedPicture
from mimawari.service.media.models import Picture, Snapshot, SnapshotState
from mimawari.service.media.pictures import store
from mimawari.service.media.unused import remove_unused
from mimawari.service.platform import clock

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from mimawari.service.media.fetching import FailedFetch

LEASE_SECONDS = 60.0
MOST_ATTEMPTS = 5
FIRST_PAUSE, PAUSE_GROWS = 5.0, 6.0  # then 30 s, 3 minutes, 18 minutes
BROKEN_OFF = "broken_off"


def lease(most: int, among: Q | None = None, seconds: float = LEASE_SECONDS) -> list[Snapshot]:
    """Take due snapshots, of all or among some, those that have waited longest first."""
    now = clock.database_now()
    due = Snapshot.objects.filter(among or Q(), state=SnapshotState.PENDING, due_at__lte=now)
    if not due.exists():  # SQLite lets one write at a time: nobody waits for an idle keeper
        return []
    with transaction.atomic():
        # Several processes take different rows (SQLite ignores this: it has one writer).
        taken = list(due.select_for_update(skip_locked=True).order_by("due_at", "id")[:most])
        worn = [snapshot for snapshot in taken if snapshot.attempts >= MOST_ATTEMPTS]
        for snapshot in worn:
            _give_up(snapshot, BROKEN_OFF, "every try to fetch it was broken off")
        fresh = [snapshot for snapshot in taken if snapshot.attempts < MOST_ATTEMPTS]
        mine = Snapshot.objects.filter(pk__in=[snapshot.pk for snapshot in fresh])
        mine.update(due_at=now + timedelta(seconds=seconds), attempts=F("attempts") + 1)
    for snapshot in fresh:
        snapshot.attempts += 1
    if worn and not fresh:  # nothing taken must mean that nothing is due
        return lease(most, among, seconds)
    return fresh


def settle(outcomes: Iterable[tuple[Snapshot, FetchedPicture | FailedFetch]]) -> int:
    """Write what became of tries, in one transaction; gives how many snapshots are final now.

    What another process settled after this one's lease ran out stays as it is.
    """
    with transaction.atomic():
        return sum(_settle(snapshot, outcome) for snapshot, outcome in outcomes)


def _settle(snapshot: Snapshot, outcome: FetchedPicture | FailedFetch) -> bool:
    if isinstance(outcome, FetchedPicture):
        return _settle_fetched(snapshot, outcome)
    fault, problem = outcome.fault, _storable(outcome.problem)
    if outcome.passing and not outcome.counts:
        _pending(snapshot).update(attempts=F("attempts") - 1, fault=fault, problem=problem)
    elif outcome.passing and snapshot.attempts < MOST_ATTEMPTS:
        pause = timedelta(seconds=FIRST_PAUSE * PAUSE_GROWS ** (snapshot.attempts - 1))
        _pending(snapshot).update(due_at=clock.database_now() + pause, fault=fault, problem=problem)
    else:
        return _give_up(snapshot, fault, problem)
    return False


def _settle_fetched(snapshot: Snapshot, outcome: FetchedPicture) -> bool:
    """Note a picture; it is forgotten where its snapshot was erased or removed meanwhile."""
    now = clock.database_now()
    picture, created = Picture.objects.get_or_create(
        sha256=outcome.sha256,
        defaults={
            "bytes": outcome.bytes,
            "width": outcome.width,
            "height": outcome.height,
            "pdq": outcome.hash.bits if outcome.hash.usable else None,
            "pdq_quality": outcome.hash.quality,
            "first_seen_at": now,
        },
    )
    if created and not store().path(outcome.sha256).exists():
        picture.delete()  # erased with another seller's listing since: the lease runs out
        return False
    final = _pending(snapshot).update(
        state=SnapshotState.KEPT, picture=picture, settled_at=now, fault="", problem=""
    )
    if not final:
        remove_unused([outcome.sha256])
    return final > 0


def _give_up(snapshot: Snapshot, fault: str, problem: str) -> bool:
    final = _pending(snapshot).update(
        state=SnapshotState.GAVE_UP, fault=fault, problem=problem, settled_at=clock.database_now()
    )
    return final > 0


def _pending(snapshot: Snapshot) -> QuerySet[Snapshot]:
    return Snapshot.objects.filter(pk=snapshot.pk, state=SnapshotState.PENDING)


def _storable(text: str) -> str:
    """Leave out what no database takes: errors may quote the picture's bytes."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()[:2_000]
