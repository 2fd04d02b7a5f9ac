"""Scores enter the ledger by batches."""

from __future__ import annotations

from mimawari.service.audit.bulk import register

SCORES = register(
    "scoring.Score",
    "listing_version_id",
    (
        "generation_id",
        "day",
        "scored_at",
        "scores",
        "rule_scores",
        "model_scores",
        "refined",
        "in_canary",
        "rule_hits",
        "picture_text",
    ),
)
