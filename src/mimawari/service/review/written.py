"""What moderators wrote of listings, for an erasure to take out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mimawari.listings.listing import Listing
from mimawari.service.audit.erase import erase_events, forget_rows
from mimawari.service.platform import clock
from mimawari.service.review.event_kinds import IMPORTED_DECISIONS, IMPORTED_LISTINGS
from mimawari.service.review.models import ImportedDecision, ImportedListing, Note, PassedOn
from mimawari.service.scoring.models import KnownViolation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet

    from mimawari.records.principal import Principal


def erase_written(versions: Sequence[int], principal: Principal, reason: str) -> None:
    """Blank notes and reasons about listing versions, and what the ledger says of them.

    What was decided stays, within the caller's transaction.
    """
    notes = Note.objects.filter(decision__alert__listing_version__in=versions)
    passed_on = PassedOn.objects.filter(alert__listing_version__in=versions)
    events = [
        *notes.values_list("event_id", flat=True),
        *passed_on.values_list("event_id", flat=True),
    ]
    if events:
        Note.objects.filter(event__in=events).update(text="")
        PassedOn.objects.filter(event__in=events).update(reason="")
        erase_events(events, principal, reason)
    _forget_notes(ImportedDecision.objects.filter(listing_version__in=versions), principal, reason)


def erase_imported(seller_id: str, principal: Principal, reason: str) -> int:
    """Blank the listings of a seller that came with past decisions, and notes about them.

    Gives how many there were; within the caller's transaction.
    """
    rows = list(ImportedListing.objects.filter(seller_id=seller_id))
    numbers = [row.pk for row in rows]
    forget_rows(IMPORTED_LISTINGS, numbers, principal, reason)
    for row in rows:
        blank = Listing(id=row.listing_id, version=1, seller_id="", title="(erased)")
        row.payload, row.seller_id = msgspec.json.encode(blank).decode(), ""
        row.sha256 = f"erased {row.pk}"
    KnownViolation.objects.filter(imported__in=numbers).update(
        digest=None, seller_id="", withdrawn=True, changed_at=clock.database_now()
    )
    ImportedListing.objects.bulk_update(rows, ("payload", "seller_id", "sha256"), batch_size=500)
    _forget_notes(ImportedDecision.objects.filter(imported_listing__in=numbers), principal, reason)
    return len(rows)


def _forget_notes(rows: QuerySet[ImportedDecision], principal: Principal, reason: str) -> None:
    numbers = list(rows.exclude(note="").values_list("pk", flat=True))
    if numbers:
        forget_rows(IMPORTED_DECISIONS, numbers, principal, reason)
        ImportedDecision.objects.filter(pk__in=numbers).update(note="")
