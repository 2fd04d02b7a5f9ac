"""Listings received and their scores enter the ledger by batches."""

from __future__ import annotations

from mimawari.service.audit.bulk import register

LISTINGS = register(
    "intake.ListingVersion",
    "id",
    ("listing_id", "version", "seller_id", "payload", "received_at"),
)
SCORES = register(
    "intake.Score",
    "listing_version_id",
    (
        "generation_id",
        "scored_at",
        "scores",
        "model_scores",
        "rule_scores",
        "refined",
        "rule_hits",
        "picture_text",
    ),
)
