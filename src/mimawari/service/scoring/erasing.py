"""Erase what a seller wrote, so that the ledger still verifies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.db import transaction

from mimawari.listings.listing import Listing
from mimawari.service.audit.erase import forget_rows
from mimawari.service.intake.event_kinds import LISTINGS
from mimawari.service.intake.models import ListingVersion
from mimawari.service.scoring.event_kinds import SCORES
from mimawari.service.scoring.models import Score

if TYPE_CHECKING:
    from mimawari.records.principal import Principal

ERASED = "erased"


def erase_seller(seller_id: str, principal: Principal, reason: str) -> int:
    """Take every text of a seller out of listings and scores; gives how many versions.

    Decisions stay: they name numbers. What was learnt from the texts is not undone.
    """
    with transaction.atomic():
        versions = list(
            ListingVersion.objects.select_for_update().filter(seller_id=seller_id).order_by("pk")
        )
        if not versions:
            return 0
        numbers = [version.pk for version in versions]
        for table in (LISTINGS, SCORES):
            forget_rows(table, numbers, principal, reason)
        for version in versions:
            blank = Listing(
                id=version.listing_id, version=version.version, seller_id=ERASED, title=ERASED
            )
            version.seller_id, version.payload = ERASED, msgspec.json.encode(blank).decode()
        ListingVersion.objects.bulk_update(versions, ("seller_id", "payload"), batch_size=1_000)
        Score.objects.filter(pk__in=numbers).update(picture_text="", rule_hits=[])
    return len(numbers)
