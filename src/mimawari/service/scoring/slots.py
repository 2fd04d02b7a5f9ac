"""From what a suite says to a batch by slot: which model's score competes for whom."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from mimawari.alerts.exploration import chances
from mimawari.records.deployment import Slot
from mimawari.records.scored import ScoredBatch

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from mimawari.detectors.rules.ruleset import RuleHits
    from mimawari.detectors.suite import SuiteScores
    from mimawari.records.manifest import Manifest


def canary_sellers(
    secret: bytes, topic: str, sellers: Sequence[str], share: float
) -> NDArray[np.bool_]:
    """Say which sellers are in a topic's canary, by a keyed hash: the same ones every time.

    A larger share keeps all of a smaller one's.

    Examples
    --------
    >>> sellers = [f"s{i}" for i in range(1000)]
    >>> few, more = (canary_sellers(b"key", "weapons", sellers, s) for s in (0.1, 0.3))
    >>> bool(0.07 < few.mean() < 0.13), bool((few <= more).all())
    (True, True)
    """
    digests = [hashlib.blake2b(s.encode("utf-8", "surrogatepass"), digest_size=8) for s in sellers]
    ids = np.array([int.from_bytes(d.digest(), "little", signed=True) for d in digests], np.int64)
    return np.asarray(chances(secret, f"canary {topic}", ids) < share)


def hits_by_listing(hits: RuleHits, n: int) -> list[list[str]]:
    """Give the rules that hold for each of n listings."""
    names: list[list[str]] = [[] for _ in range(n)]
    for row, rule in zip(hits.listings.tolist(), hits.rules.tolist(), strict=True):
        names[row].append(hits.names[rule])
    return names


def by_slot(
    ids: Sequence[int],
    sellers: Sequence[str],
    suite_scores: SuiteScores,
    manifest: Manifest,
    generation: int,
    picture_texts: list[str],
    scored_at: datetime,
    secret: bytes,
) -> ScoredBatch:
    """Put a suite's scores in the manifest's columns, and choose what competes.

    Parameters
    ----------
    ids, sellers
        Of the n listing versions that were scored.
    """
    n, topics = len(ids), manifest.topic_order
    columns = [suite_scores.topics.index(topic) for topic in topics]
    model, rules = suite_scores.model[:, columns], suite_scores.rules[:, columns]
    refined_champions = suite_scores.refined[:, columns]
    beside = {scores.version: scores for scores in suite_scores.beside}
    model_scores = np.full((n, len(manifest.columns)), np.nan, np.float32)
    refined = np.zeros(model_scores.shape, np.bool_)
    competing = model.copy()
    in_canary = np.zeros((n, len(topics)), np.bool_)
    for at, (topic, deployment) in enumerate(manifest.columns):
        column = topics.index(topic)
        if deployment.slot == Slot.CHAMPION:
            model_scores[:, at], refined[:, at] = model[:, column], refined_champions[:, column]
        elif deployment.model in beside:
            scores = beside[deployment.model]
            model_scores[:, at], refined[:, at] = scores.model, scores.refined
            if deployment.slot == Slot.CANARY:
                chosen = canary_sellers(secret, topic, sellers, deployment.share)
                in_canary[:, column] = chosen & ~np.isnan(scores.model)
                competing[in_canary[:, column], column] = scores.model[in_canary[:, column]]
    return ScoredBatch(
        ids=np.asarray(ids, np.int64),
        generation=generation,
        topics=topics,
        models=tuple(deployment.model for _, deployment in manifest.columns),
        scores=np.fmax(competing, rules),
        rules=rules,
        model_scores=model_scores,
        refined=refined,
        in_canary=in_canary,
        rule_hits=hits_by_listing(suite_scores.hits, n),
        picture_texts=picture_texts,
        scored_at=scored_at,
        outside=None if suite_scores.outside is None else suite_scores.outside[:, columns],
    )
