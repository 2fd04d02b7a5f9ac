"""What left the database comes back where a moderator is to be asked about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.service.audit.record import record
from mimawari.service.history.days import moved_days
from mimawari.service.history.event_kinds import BROUGHT_BACK, KEEPER, Moved
from mimawari.service.history.instances import version_of
from mimawari.service.history.moved import DayRows
from mimawari.service.intake.models import Ending, ListingVersion
from mimawari.service.media.models import Picture, Snapshot
from mimawari.service.scoring.models import Score

if TYPE_CHECKING:
    from collections.abc import Collection


def bring_back(numbers: Collection[int], reason: str) -> int:
    """Put versions back with all that belonged to them, within the caller's transaction.

    Those that are in the database stay as they are. The ledger's batches speak of what came back
    as they did before.

    Raises
    ------
    InvalidInputError
        A file of a closed day is missing or damaged.
    """
    there = ListingVersion.objects.filter(pk__in=numbers).values_list("pk", flat=True)
    missing = sorted(set(numbers) - set(there))
    if not missing:
        return 0
    count = 0
    for day in moved_days((missing[0], missing[-1])):
        rows = DayRows(day)
        versions = [
            version_of(sent, scored)
            for number in missing
            if (sent := rows.sent(number)) and (scored := rows.scores(number))
        ]
        if versions:
            _insert(versions)
            record(BROUGHT_BACK, str(day.day), KEEPER, Moved(day.day, len(versions)), reason)
            count += len(versions)
    return count


def _insert(versions: list[ListingVersion]) -> None:
    """Insert rows under the numbers that they had."""
    snapshots = [snapshot for version in versions for snapshot in version.snapshots.all()]
    kept = Picture.objects.in_bulk({s.picture_id for s in snapshots if s.picture_id})
    for snapshot in snapshots:
        snapshot.due_at = snapshot.listing_version.received_at
        if snapshot.picture_id not in kept:
            snapshot.picture_id = None
    ListingVersion.objects.bulk_create(versions)
    Score.objects.bulk_create(version.score for version in versions)
    endings = (getattr(version, "ending", None) for version in versions)
    Ending.objects.bulk_create(ending for ending in endings if ending is not None)
    Snapshot.objects.bulk_create(snapshots)
