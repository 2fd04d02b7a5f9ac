"""What moderators wrote of listings, for an erasure to take out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.service.audit.erase import erase_events
from mimawari.service.review.models import Note, PassedOn

if TYPE_CHECKING:
    from collections.abc import Sequence

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
