"""Topics that are in force in some countries only: elsewhere nothing is said of a listing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from mimawari.detectors.rules.ruleset import RuleHits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mimawari.detectors.rules import RuleSet
    from mimawari.detectors.suite.scores import SuiteScores
    from mimawari.listings.listing import Listing


def within_markets(
    scores: SuiteScores, listings: Sequence[Listing], rules: RuleSet | None
) -> SuiteScores:
    """Take out scores and hits of topics that are not in force where a listing is offered."""
    files = [file for file in rules.topic_files if file.markets] if rules else []
    outside = {
        file.topic: np.array([not file.concerns(listing) for listing in listings], np.bool_)
        for file in files
    }
    outside = {topic: rows for topic, rows in outside.items() if rows.any()}
    if not outside:
        return scores
    mask = np.zeros(scores.score.shape, np.bool_)
    for topic, rows in outside.items():
        mask[:, scores.topics.index(topic)] = rows
    return replace(
        scores,
        score=np.where(mask, np.float32(np.nan), scores.score),
        model=np.where(mask, np.float32(np.nan), scores.model),
        rules=np.where(mask, np.float32(np.nan), scores.rules),
        hits=_without(scores.hits, outside),
        beside=tuple(
            replace(
                model,
                model=np.where(outside[model.topic], np.float32(np.nan), model.model),
            )
            if model.topic in outside
            else model
            for model in scores.beside
        ),
        outside=mask,
    )


def _without(hits: RuleHits, outside: dict[str, NDArray[np.bool_]]) -> RuleHits:
    keep = np.ones(len(hits.listings), np.bool_)
    for number, name in enumerate(hits.names):
        rows = outside.get(name.partition("/")[0])
        if rows is not None:
            keep &= ~((hits.rules == number) & rows[hits.listings])
    return RuleHits(hits.listings[keep], hits.rules[keep], hits.names)
