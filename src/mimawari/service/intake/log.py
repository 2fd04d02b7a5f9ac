"""The durable log: append listing versions, fetch what is pending, give the newest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
from django.db import connection, transaction
from django.db.models import Max, Min
from django.utils import timezone

from mimawari.listings.listing import Listing
from mimawari.service.audit.bulk import commit
from mimawari.service.intake.event_kinds import LISTINGS
from mimawari.service.intake.models import ListingVersion, State
from mimawari.service.media.begin import begin, ready
from mimawari.service.media.origins import keeps_pictures
from mimawari.service.review.models import Alert, AlertState, Purpose

if TYPE_CHECKING:
    from collections.abc import Sequence

ACCEPTED, DUPLICATE, STALE, CONFLICT = "accepted", "duplicate", "stale", "conflict"
# SQLite allows 32,766 variables a statement; a row of `_INSERT` takes six.
CHUNK = 4_000
# PostgreSQL's advisory lock that scoring transactions take in turn.
SCORING = 0x73636F72


@dataclass(frozen=True, slots=True)
class Pending:
    """One listing version that waits to be scored."""

    id: int
    listing_id: str
    version: int
    payload: str
    attempts: int


def append(listings: Sequence[Listing]) -> list[str]:
    """Append listing versions in one transaction; the answer is durable when this returns.

    Returns
    -------
    A status for each: ``accepted``; ``duplicate``, the same content was there; ``conflict``,
    the version was there with other content (nothing is changed); ``stale``, a newer version
    is known (kept for the record, never scored).
    """
    statuses: list[str] = []
    with transaction.atomic():
        if connection.vendor == "postgresql":
            _lock_listings(listings)
        for start in range(0, len(listings), CHUNK):
            statuses += _append_chunk(listings[start : start + CHUNK])
    return statuses


def _append_chunk(listings: Sequence[Listing]) -> list[str]:
    known = _known({listing.id for listing in listings})
    rows: list[ListingVersion] = []
    statuses: list[str] = []
    with_pictures: list[tuple[ListingVersion, Listing]] = []
    keeping = keeps_pictures()
    fresh: dict[str, int] = {}
    now = timezone.now()
    for listing in listings:
        payload = msgspec.json.encode(listing).decode()
        versions = known.setdefault(listing.id, {})
        if listing.version in versions:
            same = _same(versions[listing.version], payload, listing)
            statuses.append(DUPLICATE if same else CONFLICT)
            continue
        stale = max(versions, default=-1) > listing.version
        versions[listing.version] = payload
        state = State.SUPERSEDED if stale else State.PENDING
        rows.append(
            ListingVersion(
                listing_id=listing.id,
                version=listing.version,
                seller_id=listing.seller_id,
                payload=payload,
                received_at=now,
                state=state,
            )
        )
        if keeping and listing.image_urls and not stale:
            with_pictures.append((rows[-1], listing))
        statuses.append(STALE if stale else ACCEPTED)
        if not stale and len(versions) > 1:
            fresh[listing.id] = listing.version
    commit(LISTINGS, ListingVersion.objects.bulk_create(rows))
    if with_pictures:
        begin(with_pictures, now)
    if fresh:
        _supersede(fresh)
    return statuses


def _same(stored: str, payload: str, listing: Listing) -> bool:
    """Whether two texts are of one listing: fields may have been added since the first came."""
    return stored == payload or msgspec.json.decode(stored, type=Listing) == listing


def _known(ids: set[str]) -> dict[str, dict[int, str]]:
    known: dict[str, dict[int, str]] = {}
    found = ListingVersion.objects.filter(listing_id__in=ids)
    for listing_id, version, payload in found.values_list("listing_id", "version", "payload"):
        known.setdefault(listing_id, {})[version] = payload
    return known


def _supersede(newest: dict[str, int]) -> None:
    """Close what older versions still have open: pending scores and open alerts."""
    for listing_id, version in newest.items():
        older = ListingVersion.objects.filter(listing_id=listing_id, version__lt=version)
        older.filter(state=State.PENDING).update(state=State.SUPERSEDED)
        # A sample or a comparison keeps its items: an edit must not decide who is judged.
        Alert.objects.filter(
            listing_version__in=older, state=AlertState.OPEN, purpose=Purpose.TOP_K
        ).update(state=AlertState.SUPERSEDED)


def _lock_listings(listings: Sequence[Listing]) -> None:
    """Keep two writers of one listing apart (SQLite has one writer at a time anyway)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(h) FROM "
            "(SELECT DISTINCT hashtextextended(x, 0) AS h FROM unnest(%s::text[]) AS x ORDER BY h)"
            " AS locks",
            [sorted({listing.id for listing in listings})],
        )


def fetch(most: int) -> list[Pending]:
    """Fetch the oldest pending versions that need not wait for their pictures."""
    pending = ready(ListingVersion.objects.filter(state=State.PENDING)).order_by("id")
    rows = pending.values_list("id", "listing_id", "version", "payload", "attempts")[:most]
    return [Pending(*row) for row in rows]


def claim(ids: Sequence[int]) -> set[int]:
    """Mark versions as scored, within the caller's transaction; gives those that were pending.

    Writers of scores and alerts go one after the other: the top K of a day is shared.
    """
    take_turn()
    rows = ListingVersion.objects.filter(id__in=ids, state=State.PENDING)
    claimed = set(rows.values_list("id", flat=True))
    rows.update(state=State.SCORED, error="")
    return claimed


def take_turn() -> None:
    """Wait until nobody else writes scores or alerts; holds until the transaction ends.

    SQLite's write transactions exclude each other anyway.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SCORING])


def boundary() -> int:
    """Give a number up to which every version there will ever be is scored, or never will be.

    Later ones may be scored too. Numbers, unlike times, never go back.
    """
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                # Waits for the writers who hold a number already, in a transaction of its own.
                cursor.execute("LOCK TABLE intake_listingversion IN SHARE MODE")
        waiting = ListingVersion.objects.filter(state=State.PENDING)
        first = waiting.aggregate(first=Min("id"))["first"]
        if first is not None:
            return int(first) - 1
        return int(ListingVersion.objects.aggregate(last=Max("id"))["last"] or 0)


def pending_count() -> int:
    """Count the versions that wait."""
    return ListingVersion.objects.filter(state=State.PENDING).count()
