"""The durable log as a stream: leases are columns of the listing versions themselves.

No second table could disagree with the log, and the acknowledgement is a row change within the
transaction that writes the scores. All times are the database's.
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now

from mimawari.records.work import LeasedVersion
from mimawari.service.intake import log
from mimawari.service.intake.leases import holder_has_ended, new_lease
from mimawari.service.intake.models import ListingVersion, State
from mimawari.streams.base import MOST_ATTEMPTS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.db.models import QuerySet

    from mimawari.listings.listing import Listing

    Ready = Callable[[QuerySet[ListingVersion]], QuerySet[ListingVersion]]

_COLUMNS = ("id", "listing_id", "version", "payload", "attempts")
MOST_REASON = 2_000
# Between two looks for leases whose holders have ended.
LOOK_SECONDS = 5.0


class DatabaseStream:
    """Leases rows of the table of listing versions; see `mimawari.streams.Stream`.

    On PostgreSQL any number of scorers fetch at once and skip what another one is taking
    (``SKIP LOCKED``); SQLite has one writer at a time.

    Parameters
    ----------
    ready
        Leaves out of the versions that wait those that must not be leased yet.
    """

    def __init__(self, ready: Ready = lambda pending: pending) -> None:
        self._ready = ready
        self._look_at = 0.0

    def publish(self, listings: Sequence[Listing]) -> None:
        """Append listing versions to the durable log."""
        log.append(listings)

    def fetch(self, most: int, seconds: float) -> list[LeasedVersion]:
        """Lease the oldest versions that are free and ready."""
        if not self._look_at:  # a scorer that starts may take another's place
            self._look_for_ended()
        pending = self._ready(ListingVersion.objects.filter(state=State.PENDING))
        free = pending.filter(Q(leased_until=None) | Q(leased_until__lte=Now())).order_by("id")
        # SQLite: nobody waits for an idle scorer's write transaction.
        if not free.exists() and not self._look_for_ended():
            return []
        lease = new_lease()
        with transaction.atomic():
            if connection.features.has_select_for_update_skip_locked:
                _forget_if_the_server_ends()
                free = free.select_for_update(skip_locked=True, of=("self",))
            rows = list(free.values_list(*_COLUMNS)[:most])
            ListingVersion.objects.filter(id__in=[row[0] for row in rows]).update(
                lease=lease, leased_until=Now() + timedelta(seconds=seconds)
            )
        return [
            LeasedVersion(id_, listing_id, version, payload, attempts, lease)
            for id_, listing_id, version, payload, attempts in rows
        ]

    def ack(self, leased: Sequence[LeasedVersion]) -> set[int]:
        """Mark versions as scored, those that are the caller's still; close what was replaced.

        A version whose writer did not see a newer one is found here, so that it does not come
        again for ever.
        """
        held = self._held(leased).annotate(replaced=Exists(_newer_versions()))
        rows = list(
            held.select_for_update(of=("self",)).order_by("id").values_list("id", "replaced")
        )
        mine = {number for number, replaced in rows if not replaced}
        ListingVersion.objects.filter(id__in=mine).update(state=State.SCORED, error="")
        if len(mine) < len(rows):
            older = [number for number, replaced in rows if replaced]
            ListingVersion.objects.filter(id__in=older).update(state=State.SUPERSEDED)
        return mine

    def release(self, leased: Sequence[LeasedVersion]) -> None:
        """Give leases back."""
        self._held(leased).update(lease=None, leased_until=None)

    def fail(self, leased: LeasedVersion, reason: str) -> None:
        """Count a failed try; set aside what failed too often."""
        aside = leased.attempts + 1 >= MOST_ATTEMPTS
        self._held([leased]).update(
            attempts=F("attempts") + 1,
            error=reason[:MOST_REASON],
            state=State.SET_ASIDE if aside else State.PENDING,
            lease=None,
            leased_until=None,
        )

    def lag(self) -> int:
        """Count what waits."""
        return log.pending_count()

    def _look_for_ended(self) -> int:
        """Free what processes of this host hold that have ended; gives how many versions.

        The leases of another host's processes run out.
        """
        if time.monotonic() < self._look_at:
            return 0
        self._look_at = time.monotonic() + LOOK_SECONDS
        held = ListingVersion.objects.filter(state=State.PENDING, leased_until__gt=Now())
        leases = held.values_list("lease", flat=True).distinct()
        ended = [lease for lease in leases if lease is not None and holder_has_ended(lease)]
        return held.filter(lease__in=ended).update(lease=None, leased_until=None) if ended else 0

    def _held(self, leased: Sequence[LeasedVersion]) -> QuerySet[ListingVersion]:
        """Give the rows that are leased as the caller says, and wait."""
        ids = [version.id for version in leased]
        leases = {version.lease for version in leased}
        return ListingVersion.objects.filter(id__in=ids, lease__in=leases, state=State.PENDING)


def _forget_if_the_server_ends() -> None:
    """Commit this transaction without waiting for the disk: a lost lease is taken again.

    It may hold rows that another scorer leased a moment before, which a condition that does not
    hold any more leaves locked; that scorer must not wait for a disk before it acknowledges.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit TO OFF")


def _newer_versions() -> QuerySet[ListingVersion]:
    return ListingVersion.objects.filter(
        listing_id=OuterRef("listing_id"), version__gt=OuterRef("version")
    )
