"""The candidates of a scored batch: what could enter a list, and what chance chose."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mimawari.alerts.floors import LEAST_SCORE
from mimawari.records.scored import CandidateRow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from mimawari.records.manifest import Manifest
    from mimawari.records.scored import ScoredBatch
    from mimawari.service.scoring.exploring import Draw


def candidates_of(
    batch: ScoredBatch,
    manifest: Manifest,
    floors: Mapping[str, float],
    draws: Sequence[Draw],
    spared: NDArray[np.bool_] | None = None,
) -> list[CandidateRow]:
    """Give the candidates of a batch, topic by topic.

    Of a topic on trial, what any of its models could list; of another, the best K (m x K with a
    second stage) at or above the floor: more of one batch cannot enter.

    Parameters
    ----------
    spared
        What is no candidate for its score, whatever chance chooses, shape (n, t).
    """
    explored = {(draw.row, draw.topic): draw.probability for draw in draws}
    candidates = []
    for column, topic in enumerate(batch.topics):
        entry = manifest.topics[topic]
        scores = batch.scores[:, column]
        none = np.False_ if spared is None else spared[:, column]
        if entry.trial:
            any_score = np.where(none, np.nan, best_of_any(batch, manifest, topic))
            rows = np.flatnonzero(any_score >= LEAST_SCORE)
        else:
            rows = best_rows(np.where(none, np.nan, scores), entry.considered, floors[topic])
        by_chance = {row for row, drawn_for in explored if drawn_for == topic}
        candidates += [
            CandidateRow(
                version=int(batch.ids[row]),
                topic=topic,
                score=float(np.nan_to_num(scores[row])),
                probability=explored.get((row, topic)),
                in_round=entry.trial is not None,
            )
            for row in sorted(by_chance.union(rows.tolist()))
        ]
    return candidates


def best_rows(scores: NDArray[np.float32], k: int, floor: float) -> NDArray[np.int64]:
    """Give the rows of the K highest scores at or above a floor, with all that tie the last.

    Examples
    --------
    >>> best_rows(np.array([0.9, np.nan, 0.5, 0.5, 0.1, 0.7], np.float32), 3, 0.2).tolist()
    [0, 2, 3, 5]
    """
    rows = np.flatnonzero(scores >= floor)
    if len(rows) <= k:
        return rows
    if k == 0:
        return rows[:0]
    least = np.partition(scores[rows], len(rows) - k)[len(rows) - k]
    return np.asarray(rows[scores[rows] >= least], np.int64)


def best_of_any(batch: ScoredBatch, manifest: Manifest, topic: str) -> NDArray[np.float32]:
    """Give the highest score of a topic that any of its deployments, or a rule, gives."""
    at = [i for i, (owner, _) in enumerate(manifest.columns) if owner == topic]
    columns = [batch.scores[:, batch.topics.index(topic)], *batch.model_scores[:, at].T]
    return np.asarray(np.fmax.reduce(columns), np.float32)
