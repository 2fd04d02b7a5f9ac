"""The durable log: append listing versions; what is newer replaces what is older."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec
from django.db import connection, transaction
from django.db.models import Max

from mimawari.listings.listing import Listing
from mimawari.service.audit.bulk import commit
from mimawari.service.intake.arrivals import announce
from mimawari.service.intake.event_kinds import LISTINGS
from mimawari.service.intake.models import ListingVersion, State
from mimawari.service.platform import clock

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

ACCEPTED, DUPLICATE, STALE, CONFLICT = "accepted", "duplicate", "stale", "conflict"
# SQLite allows 32,766 variables a statement; a row takes six.
CHUNK = 4_000
Key = tuple[str, int]

_SUPERSEDE_OLDER = """
UPDATE intake_listingversion SET state = 3 WHERE id IN (
    SELECT older.id FROM intake_listingversion AS older
    JOIN intake_listingversion AS newer
        ON newer.listing_id = older.listing_id AND newer.version > older.version
    WHERE newer.id = ANY(%s) AND older.state IN (0, 1)
    ORDER BY older.id FOR UPDATE OF older
)
"""
_NUMBERS = """
SELECT nextval(pg_get_serial_sequence('intake_listingversion', 'id')) FROM generate_series(1, %s)
"""
_INSERT = """
INSERT INTO intake_listingversion
    (id, listing_id, version, seller_id, payload, received_at, state, attempts, error)
SELECT id, listing_id, version, seller_id, payload, %s, state, 0, ''
FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::text[], %s::text[], %s::smallint[])
    AS fresh (id, listing_id, version, seller_id, payload, state)
ON CONFLICT (listing_id, version) DO NOTHING
RETURNING id, listing_id, version
"""


# Only what is asked for: a listing may have thousands of versions, each with its whole text.
_SAME = {
    "postgresql": """
SELECT known.listing_id, known.version, known.payload
FROM unnest(%s::text[], %s::bigint[]) AS wanted (listing_id, version)
JOIN intake_listingversion AS known USING (listing_id, version)
""",
    "sqlite": """
SELECT known.listing_id, known.version, known.payload
FROM json_each(%s) AS wanted
JOIN intake_listingversion AS known
    ON known.listing_id = wanted.value ->> 0 AND known.version = wanted.value ->> 1
""",
}


def append(listings: Sequence[Listing]) -> list[str]:
    """Append listing versions in one transaction; the answer is durable when this returns.

    No two writers wait for each other, but where both bring the same version.

    Returns
    -------
    A status for each: ``accepted``; ``duplicate``, the same content was there; ``conflict``,
    the version was there with other content (nothing is changed); ``stale``, a newer version
    is known (kept for the record, never scored).
    """
    statuses: list[str] = []
    with transaction.atomic():
        now = clock.database_now()
        for start in range(0, len(listings), CHUNK):
            statuses += _append_chunk(listings[start : start + CHUNK], now)
    return statuses


def _append_chunk(listings: Sequence[Listing], now: datetime) -> list[str]:
    newest = newest_versions({listing.id for listing in listings})
    known = _payloads({(listing.id, listing.version) for listing in listings})
    replaced: defaultdict[str, set[int]] = defaultdict(set)
    fresh: dict[Key, Fresh] = {}
    statuses: list[str] = []
    for at, listing in enumerate(listings):
        payload = msgspec.json.encode(listing).decode()
        key = listing.id, listing.version
        if key in known:
            statuses.append(_status_beside(known[key], payload, listing))
            continue
        last = newest.get(listing.id, -1)
        stale = last > listing.version
        known[key] = payload
        state = State.SUPERSEDED if stale else State.PENDING
        fresh[key] = Fresh(at, listing, payload, state)
        statuses.append(STALE if stale else ACCEPTED)
        if not stale:
            newest[listing.id] = listing.version
            if last >= 0:
                replaced[listing.id].add(last)
    numbers = _insert(fresh, now)
    for key, status in _where_others_were_faster(fresh, numbers).items():
        statuses[fresh[key].position] = status
    commit(LISTINGS, [fresh[key].row(number, now) for key, number in numbers.items()])
    waiting = [
        (number, fresh[key].listing)
        for key, number in numbers.items()
        if fresh[key].state == State.PENDING
    ]
    announce(waiting, now)
    supersede(replaced)
    return statuses


class Fresh(msgspec.Struct, frozen=True):
    """A version that the store does not know yet, and its position in the caller's list."""

    position: int
    listing: Listing
    payload: str
    state: State

    def row(self, number: int, now: datetime) -> tuple[int, str, int, str, str, datetime]:
        """Give what the ledger commits to."""
        listing = self.listing
        return (number, listing.id, listing.version, listing.seller_id, self.payload, now)


def _status_beside(stored: str, payload: str, listing: Listing) -> str:
    """Compare a version with the one that is there: fields may have been added since."""
    same = stored == payload or msgspec.json.decode(stored, type=Listing) == listing
    return DUPLICATE if same else CONFLICT


def newest_versions(ids: Collection[str]) -> dict[str, int]:
    """Give the greatest version of each listing that is known; the index alone is read."""
    stored = ListingVersion.objects.filter(listing_id__in=ids).order_by()
    return dict(stored.values_list("listing_id").annotate(Max("version")))


def _payloads(keys: Collection[Key]) -> dict[Key, str]:
    """Give what is stored of these versions, those that are known."""
    ordered = sorted(keys)
    ids, versions = [key[0] for key in ordered], [key[1] for key in ordered]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_SAME["postgresql"], [ids, versions])
        else:
            cursor.execute(_SAME["sqlite"], [msgspec.json.encode(ordered).decode()])
        return {(listing_id, version): payload for listing_id, version, payload in cursor}


def _insert(fresh: Mapping[Key, Fresh], now: datetime) -> dict[Key, int]:
    """Insert versions; gives the numbers of those that nobody else inserted meanwhile.

    Numbers follow the order of arrival.
    """
    if not fresh:
        return {}
    if connection.vendor != "postgresql":  # one writer at a time: what is known is all there is
        rows = ListingVersion.objects.bulk_create(
            ListingVersion(
                listing_id=version.listing.id,
                version=version.listing.version,
                seller_id=version.listing.seller_id,
                payload=version.payload,
                received_at=now,
                state=version.state,
            )
            for version in fresh.values()
        )
        return {(row.listing_id, row.version): row.pk for row in rows}
    with connection.cursor() as cursor:
        cursor.execute(_NUMBERS, [len(fresh)])
        numbers = dict(zip(fresh, (row[0] for row in cursor.fetchall()), strict=True))
        # Written in one order by all: where two writers bring the same versions, one waits for
        # the other, never each for the other.
        ordered = sorted(fresh)
        cursor.execute(_INSERT, [now, *_columns([fresh[k] for k in ordered], numbers, ordered)])
        return {(listing_id, version): number for number, listing_id, version in cursor.fetchall()}


def _columns(
    ordered: Sequence[Fresh], numbers: Mapping[Key, int], keys: Sequence[Key]
) -> list[list[str] | list[int]]:
    return [
        [numbers[key] for key in keys],
        [version.listing.id for version in ordered],
        [version.listing.version for version in ordered],
        [version.listing.seller_id for version in ordered],
        [version.payload for version in ordered],
        [int(version.state) for version in ordered],
    ]


def _where_others_were_faster(
    fresh: Mapping[Key, Fresh], numbers: Mapping[Key, int]
) -> dict[Key, str]:
    lost = fresh.keys() - numbers.keys()
    if not lost:
        return {}
    stored = _payloads(lost)
    return {
        key: _status_beside(stored[key], fresh[key].payload, fresh[key].listing) for key in lost
    }


def supersede(versions: Mapping[str, Collection[int]]) -> None:
    """Mark versions of listings as replaced, whether they wait or were scored.

    Parameters
    ----------
    versions
        Those that were the newest, by identifier of the listing; what is older than they are
        was replaced by them.
    """
    for listing_id, numbers in sorted(versions.items()):
        ListingVersion.objects.filter(listing_id=listing_id, version__in=numbers).filter(
            state__in=(State.PENDING, State.SCORED)
        ).update(state=State.SUPERSEDED)


def supersede_older(ids: Collection[int]) -> None:
    """Mark what is older than these versions as replaced.

    Two writers who bring two versions of one listing at once do not see each other's: whoever
    scores the newer one closes the gap. SQLite has one writer at a time, and no gap.
    """
    if connection.vendor != "postgresql" or not ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(_SUPERSEDE_OLDER, [sorted(ids)])


def pending_count() -> int:
    """Count the versions that wait."""
    return ListingVersion.objects.filter(state=State.PENDING).count()
