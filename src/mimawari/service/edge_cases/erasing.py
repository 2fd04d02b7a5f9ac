"""An erasure takes the listings of a seller out of the bank; that there were cases stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.db import transaction

from mimawari.listings.listing import Listing
from mimawari.service.audit.erase import erase_events
from mimawari.service.edge_cases.bank import end
from mimawari.service.edge_cases.models import EdgeCase

if TYPE_CHECKING:
    from mimawari.records.principal import Principal

TITLE = "(erased)"


def count_of(seller_id: str) -> int:
    """Count the cases that hold a seller's listings."""
    return EdgeCase.objects.filter(seller_id=seller_id).count()


def forget_seller(seller_id: str, principal: Principal, reason: str) -> int:
    """Blank the listings of a seller, and end their cases; gives how many there were."""
    with transaction.atomic():
        rows = EdgeCase.objects.filter(seller_id=seller_id).select_for_update(of=("self",))
        cases = list(rows.order_by("pk"))
        ended = set(
            EdgeCase.objects.filter(seller_id=seller_id)
            .exclude(end=None)
            .values_list("pk", flat=True)
        )
        erase_events([case.event_id for case in cases], principal, reason)
        for case in cases:
            if case.pk not in ended:
                end(case, principal, reason, erased=True)
            blank = Listing(id=case.listing_id, version=case.version, seller_id="", title=TITLE)
            case.payload = msgspec.json.encode(blank).decode()
            case.seller_id = case.picture_text = case.reason = ""
            case.save(update_fields=("payload", "seller_id", "picture_text", "reason"))
    return len(cases)
