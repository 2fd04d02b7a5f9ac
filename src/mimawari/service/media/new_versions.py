"""Notes which pictures of new listing versions are to be kept."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Exists, OuterRef, Q

from mimawari.service.media.models import Snapshot, SnapshotState
from mimawari.service.media.origins import allowed, keeps_pictures
from mimawari.service.platform import clock

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from django.db.models import QuerySet

    from mimawari.listings.listing import Listing
    from mimawari.service.intake.models import ListingVersion


def note_pictures(versions: Iterable[tuple[int, Listing]], now: datetime) -> None:
    """Note the pictures to fetch of versions, by number, in the transaction that takes them in."""
    if not keeps_pictures():
        return
    origins = frozenset(settings.CONFIG.image_origins)
    Snapshot.objects.bulk_create(
        [
            Snapshot(listing_version_id=version, position=position, url=url, due_at=now)
            for version, listing in versions
            for position, url in enumerate(listing.image_urls)
            if allowed(url, origins)
        ],
        batch_size=2_000,  # SQLite allows 32,766 variables a statement
    )


def ready(pending: QuerySet[ListingVersion]) -> QuerySet[ListingVersion]:
    """Leave out versions of a moment ago whose pictures are still being fetched or read."""
    seconds = settings.CONFIG.image_wait_seconds
    if not (seconds and keeps_pictures()):
        return pending
    since = clock.database_now() - timedelta(seconds=seconds)
    under_way = Q(state=SnapshotState.PENDING)
    if settings.CONFIG.image_text:
        under_way |= Q(state=SnapshotState.KEPT, picture__text=None)
    waited_for = Snapshot.objects.filter(under_way, listing_version=OuterRef("pk"))
    return pending.exclude(Exists(waited_for), received_at__gt=since)
