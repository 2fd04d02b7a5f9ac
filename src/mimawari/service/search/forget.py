"""Takes out of the index what nobody may find any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.service.audit.erase import erase_events
from mimawari.service.search.engine import the_index
from mimawari.service.search.models import SavedView

if TYPE_CHECKING:
    from collections.abc import Collection

    from mimawari.records.principal import Principal


def forget_versions(versions: Collection[int]) -> None:
    """Take listing versions out, within the transaction that erases or removes them."""
    the_index().remove(versions)


def forget_seller(seller_id: str, principal: Principal, reason: str) -> None:
    """Delete saved views that name a seller, and what the ledger says of them."""
    views = SavedView.objects.filter(seller=seller_id)
    events = list(views.values_list("event_id", flat=True))
    if events:
        erase_events(events, principal, reason)
        views.delete()
