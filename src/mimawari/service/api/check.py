"""The synchronous answer before a listing goes live."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

from mimawari.listings.batch import ListingBatch

if TYPE_CHECKING:
    from collections.abc import Collection

    from mimawari.detectors.base import Explanation
    from mimawari.detectors.suite import Suite
    from mimawari.listings.listing import Listing

# Reasons cost more than the score: they are given where a score might be acted on.
EXPLAINED_FROM = 0.1
MOST_REASONS = 10


class Reason(msgspec.Struct, frozen=True, omit_defaults=True):
    """A marked word (with its place in the listing's text) or a feature behind a score."""

    text: str | None = None
    start: int | None = None
    end: int | None = None
    source: str | None = None
    feature: str | None = None
    value: float | None = None
    weight: float | None = None


class CheckedTopic(msgspec.Struct, frozen=True):
    """Probability that the listing violates a topic, and why."""

    topic: str
    score: float
    model_score: float | None
    rule_score: float | None
    rules: list[str]
    reasons: list[Reason]


class Checked(msgspec.Struct, frozen=True):
    """Scores of a listing, highest first, under a generation of rules and models."""

    generation: int
    topics: list[CheckedTopic]
    failures: dict[str, str]


def check_listing(suite: Suite, listing: Listing, wanted: Collection[str] | None = None) -> Checked:
    """Score one listing, the highest score first, with reasons.

    Parameters
    ----------
    wanted
        The topics to tell of; all of them where it is left out.
    """
    batch = ListingBatch.of([listing])
    scores = suite.score(batch)
    hits = scores.hits.of(0)
    topics: list[CheckedTopic] = []
    for column, topic in enumerate(scores.topics):
        score = scores.score[0, column]
        if np.isnan(score) or (wanted is not None and topic not in wanted):
            continue
        explanation = suite.explain(batch, 0, topic) if score >= EXPLAINED_FROM else None
        topics.append(
            CheckedTopic(
                topic=topic,
                score=round(float(score), 6),
                model_score=_number(scores.model[0, column]),
                rule_score=_number(scores.rules[0, column]),
                rules=[hit for hit in hits if hit.startswith(f"{topic}/")],
                reasons=_reasons(explanation, listing.text) if explanation else [],
            )
        )
    topics.sort(key=lambda checked: (-checked.score, checked.topic))
    return Checked(suite.generation, topics, scores.failures)


def _number(value: np.float32) -> float | None:
    return None if np.isnan(value) else round(float(value), 6)


def _reasons(explanation: Explanation, text: str) -> list[Reason]:
    spans = [span for span in explanation.spans if span.weight >= 0]
    spans.sort(key=lambda span: (not span.source, -round(span.weight, 4)))
    words = [
        Reason(
            text=text[span.start : span.end],
            start=span.start,
            end=span.end,
            weight=round(span.weight, 4),
            source=span.source,
        )
        for span in spans[:MOST_REASONS]
    ]
    features = [
        Reason(feature=feature.name, value=_finite(feature.value), weight=round(feature.weight, 4))
        for feature in explanation.features[: MOST_REASONS // 2]
    ]
    return [*words, *features]


def _finite(value: float) -> float | None:
    return round(value, 6) if np.isfinite(value) else None
