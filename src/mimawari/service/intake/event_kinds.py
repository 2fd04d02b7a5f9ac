"""Listings received enter the ledger by batches."""

from __future__ import annotations

from mimawari.service.audit.bulk import register

LISTINGS = register(
    "intake.ListingVersion",
    "id",
    ("listing_id", "version", "seller_id", "payload", "received_at"),
)
