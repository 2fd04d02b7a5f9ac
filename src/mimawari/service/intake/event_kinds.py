"""Listings received, and those that ended, enter the ledger by batches."""

from __future__ import annotations

from mimawari.service.audit.bulk import register

LISTINGS = register(
    "intake.ListingVersion",
    "id",
    ("listing_id", "version", "seller_id", "payload", "received_at"),
)

ENDINGS = register(
    "intake.Ending",
    "listing_version_id",
    ("reason", "ended_at", "recorded_at", "principal_kind", "principal"),
)
