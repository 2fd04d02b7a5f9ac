"""Examples of what a search answers."""

from __future__ import annotations

from datetime import UTC, datetime

from mimawari.service.search.results import (
    Count,
    FoundListing,
    FoundPage,
    FoundTopic,
    ModeratorSaid,
)
from mimawari.service.search.state import Freshness

FOUND = FoundPage(
    listings=[
        FoundListing(
            listing_id="1001",
            version=1,
            seller_id="s7",
            title="Glock pistol, new",
            received_at=datetime(2026, 11, 2, 12, tzinfo=UTC),
            state="scored",
            topics=[
                FoundTopic("weapons", False, [ModeratorSaid("violates", "moderator-3")], ["hide"])
            ],
        )
    ],
    count=Count("exactly", 1),
    next=None,
    index=Freshness(1.0, 0.4),
)
