"""Writes a scored batch: one row a listing version, and its candidates.

The rows are many and their columns fixed, so they are written past Django's objects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np
from django.db import connection

from mimawari.service.scoring.models import Candidate, CandidateState

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date, datetime

    from mimawari.records.scored import CandidateRow, ScoredBatch

_COLUMNS = (
    "listing_version_id, generation_id, day, scored_at, scores, rule_scores, model_scores,"
    " refined, in_canary, rule_hits, picture_text"
)
_COPY = f"COPY scoring_score ({_COLUMNS}) FROM STDIN"
_INSERT = f"INSERT INTO scoring_score ({_COLUMNS}) VALUES (%s{', %s' * 10})"  # noqa: S608 (constants)
Row = tuple["int | str | bytes | date | datetime", ...]


def write_scores(batch: ScoredBatch) -> None:
    """Write the score rows of a batch, within the caller's transaction."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(_COPY) as copy:
                for row in _rows(batch):
                    copy.write_row(row)
        else:
            cursor.executemany(_INSERT, list(_rows(batch)))


def _rows(batch: ScoredBatch) -> Iterator[Row]:
    day: str | date = connection.ops.adapt_datefield_value(batch.day) or batch.day
    at = connection.ops.adapt_datetimefield_value(batch.scored_at)
    scored_at: str | datetime = at or batch.scored_at
    scores, rules, model_scores = (
        np.ascontiguousarray(matrix, "<f4")
        for matrix in (batch.scores, batch.rules, batch.model_scores)
    )
    refined = np.packbits(batch.refined, axis=1, bitorder="little")
    any_canary = batch.in_canary.any()
    in_canary = np.packbits(batch.in_canary, axis=1, bitorder="little")
    for row, number in enumerate(batch.ids.tolist()):
        hits = batch.rule_hits[row]
        yield (
            number,
            batch.generation,
            day,
            scored_at,
            scores[row].tobytes(),
            rules[row].tobytes(),
            model_scores[row].tobytes(),
            refined[row].tobytes(),
            in_canary[row].tobytes() if any_canary else b"",
            msgspec.json.encode(hits).decode() if hits else "[]",
            batch.picture_texts[row],
        )


def write_candidates(batch: ScoredBatch, candidates: Sequence[CandidateRow]) -> None:
    """Write candidates, within the caller's transaction."""
    Candidate.objects.bulk_create(
        [
            Candidate(
                listing_version_id=row.version,
                topic=row.topic,
                day=batch.day,
                score=row.score,
                probability=row.probability,
                in_round=row.in_round,
                # What chance chose is opened at once, whatever its round lists.
                state=CandidateState.IN_ROUND
                if row.in_round and row.probability is None
                else CandidateState.WAITING,
            )
            for row in candidates
        ],
        batch_size=3_000,
    )
