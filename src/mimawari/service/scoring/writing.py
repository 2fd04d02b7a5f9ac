"""Writes a scored batch: one row a listing version, and its candidates.

The rows are many and their columns fixed, so they are written past Django's objects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np
from django.db import connection

from mimawari.service.audit.bulk import commit
from mimawari.service.scoring.event_kinds import SCORES
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
Row = tuple[int, int, "date", "datetime", bytes, bytes, bytes, bytes, bytes, list[str], str]


def write_scores(batch: ScoredBatch) -> None:
    """Write the score rows of a batch, and commit to them, within the caller's transaction."""
    rows = list(_rows(batch))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(_COPY) as copy:
                for row in rows:
                    copy.write_row(_as_stored(row))
        else:
            cursor.executemany(_INSERT, [_as_stored(row) for row in rows])
    commit(SCORES, rows)


def _as_stored(row: Row) -> tuple[int | str | bytes | date | datetime, ...]:
    """Write day, time and rule hits as the database takes them."""
    number, generation, day, scored_at, *packed, hits, text = row
    return (
        number,
        generation,
        connection.ops.adapt_datefield_value(day) or day,
        connection.ops.adapt_datetimefield_value(scored_at) or scored_at,
        *packed,
        msgspec.json.encode(hits).decode() if hits else "[]",
        text,
    )


class Packed(NamedTuple):
    """The columns of one version's scores, as they are stored."""

    scores: bytes
    rules: bytes
    models: bytes
    refined: bytes
    in_canary: bytes


def packed_rows(batch: ScoredBatch) -> Iterator[Packed]:
    """Pack the columns of a batch, version by version."""
    scores, rules, model_scores = (
        np.ascontiguousarray(matrix, "<f4")
        for matrix in (batch.scores, batch.rules, batch.model_scores)
    )
    refined = np.packbits(batch.refined, axis=1, bitorder="little")
    any_canary = batch.in_canary.any()
    in_canary = np.packbits(batch.in_canary, axis=1, bitorder="little")
    for row in range(len(batch.ids)):
        yield Packed(
            scores[row].tobytes(),
            rules[row].tobytes(),
            model_scores[row].tobytes(),
            refined[row].tobytes(),
            in_canary[row].tobytes() if any_canary else b"",
        )


def _rows(batch: ScoredBatch) -> Iterator[Row]:
    day = batch.day
    numbers = batch.ids.tolist()
    for row, (number, packed) in enumerate(zip(numbers, packed_rows(batch), strict=True)):
        yield (
            number,
            batch.generation,
            day,
            batch.scored_at,
            *packed,
            batch.rule_hits[row],
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
