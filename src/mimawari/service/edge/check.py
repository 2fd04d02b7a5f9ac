"""The synchronous answer before a listing goes live."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mimawari.listings.batch import ListingBatch

if TYPE_CHECKING:
    from mimawari.detectors.base import Explanation
    from mimawari.detectors.suite import Suite
    from mimawari.listings.listing import Listing

# Reasons cost more than the score: they are given where a score might be acted on.
EXPLAINED_FROM = 0.1
MOST_REASONS = 10


def check_listing(suite: Suite, listing: Listing) -> dict[str, Any]:
    """Score one listing for every topic, the highest first, with reasons.

    Returns
    -------
    ``generation`` and ``topics``: per topic the score, what model and rules gave, the rules
    that hit, and the words of `Listing.text` that spoke for a violation.
    """
    batch = ListingBatch.of([listing])
    scores = suite.score(batch)
    hits = scores.hits.of(0)
    topics: list[dict[str, Any]] = []
    for column, topic in enumerate(scores.topics):
        value = scores.score[0, column]
        if np.isnan(value):
            continue
        told = suite.explain(batch, 0, topic) if value >= EXPLAINED_FROM else None
        topics.append(
            {
                "topic": topic,
                "score": round(float(value), 6),
                "model_score": _number(scores.model[0, column]),
                "rule_score": _number(scores.rules[0, column]),
                "rules": [h for h in hits if h.startswith(f"{topic}/")],
                "reasons": _reasons(told, listing.text) if told else [],
            }
        )
    topics.sort(key=lambda one: (-one["score"], one["topic"]))
    return {"generation": suite.generation, "topics": topics, "failures": scores.failures}


def _number(value: np.float32) -> float | None:
    return None if np.isnan(value) else round(float(value), 6)


def _reasons(told: Explanation, text: str) -> list[dict[str, Any]]:
    words: list[dict[str, Any]] = [
        {
            "text": text[span.start : span.end],
            "start": span.start,
            "end": span.end,
            "weight": round(span.weight, 4),
            "source": span.source,
        }
        for span in told.spans
        if span.weight >= 0
    ]
    words.sort(key=lambda one: (not one["source"], -one["weight"]))
    features = [
        {"feature": f.name, "value": _finite(f.value), "weight": round(f.weight, 4)}
        for f in told.features
    ]
    return [*words[:MOST_REASONS], *features[: MOST_REASONS // 2]]


def _finite(value: float) -> float | None:
    return round(value, 6) if np.isfinite(value) else None
