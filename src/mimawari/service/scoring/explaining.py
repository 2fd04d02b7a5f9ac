"""Explanations of what was admitted, written by scorers when nothing waits to be scored.

An explanation takes a hundred times as long as a score: most candidates are displaced before
anybody could read theirs, so only those still on a list are explained, the newest first.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec

from mimawari.detectors.base import Explanation
from mimawari.listings.batch import ListingBatch
from mimawari.service.intake.scored import as_scored
from mimawari.service.media.pictures import pictures_of
from mimawari.service.scoring.columns import competing_model
from mimawari.service.scoring.models import Candidate, CandidateState

if TYPE_CHECKING:
    from collections.abc import Collection

    from mimawari.detectors.suite import Suite

# Stands for: explain it when somebody asks.
LATER = ""


def explain_admitted(suite: Suite, most: int) -> int:
    """Explain candidates that were admitted and wait for it; gives how many it dealt with.

    What an earlier generation scored is left to whoever is asked for it. Two scorers may explain
    the same one: both write the same.
    """
    waiting = Candidate.objects.filter(state=CandidateState.ADMITTED, explanation=None)
    related = waiting.select_related("listing_version__score__generation")
    rows = list(related.order_by("-id")[:most])
    for row in rows:
        score, text = row.listing_version.score, LATER
        if score.generation_id == suite.generation:
            listing = as_scored(row.listing_version)
            batch = ListingBatch.of([listing], pictures=pictures_of([listing]))
            model = competing_model(score, row.topic)
            text = _encode(suite.explain(batch, 0, row.topic, model))
        # Not where another scorer was faster, or its listing was erased meanwhile.
        Candidate.objects.filter(pk=row.pk, explanation=None).update(explanation=text)
    return len(rows)


def stored_explanation(version: int, topic: str) -> Explanation | None:
    """Give the explanation that was stored with a score; None where none was."""
    row = Candidate.objects.filter(listing_version_id=version, topic=topic).first()
    if row is None or not row.explanation:
        return None
    return msgspec.convert(json.loads(row.explanation), type=Explanation)


def stored_explanations(versions: Collection[int]) -> dict[tuple[int, str], Explanation]:
    """Give the explanations that were stored with some versions' scores, by version and topic."""
    rows = Candidate.objects.filter(listing_version__in=versions).exclude(explanation=None)
    stored = rows.exclude(explanation=LATER).order_by("topic", "id")
    return {
        (version, topic): msgspec.convert(json.loads(text), type=Explanation)
        for version, topic, text in stored.values_list("listing_version_id", "topic", "explanation")
        if text
    }


def _encode(explanation: Explanation) -> str:
    """Write JSON that keeps what is no number (a missing price), as Python's own does."""
    return json.dumps(msgspec.to_builtins(explanation), separators=(",", ":"))
