"""Why a second stage ranked a listing where it did: from the rows as they were prefetched."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

import msgspec

from mimawari.service.admission.models import AnswerState, Place

if TYPE_CHECKING:
    from mimawari.service.admission.models import Answer, Question
    from mimawari.service.intake.models import ListingVersion

BESIDE = "questions__answer"
"""What `ranks_of` reads of a listing version."""


class SecondStageRank(msgspec.Struct, frozen=True):
    """What a second stage was asked about a listing version, what it said, what came of it.

    ``place`` is ``held`` while the answer is waited for, ``ranked``, or ``out`` of the best m x K;
    ``unasked`` says why nobody asks (``below`` the floor of the day before, ``budget`` spent).
    ``clauses`` holds a number of 0 to 100 a clause. ``rank`` is what the listing competes with,
    its first-stage ``score`` where no answer counts, by the weights numbered ``weights``.
    """

    topic: str
    day: date
    stage: str
    score: float
    entered_at: datetime
    due_at: datetime
    place: str
    rank: float | None = None
    weights: int | None = None
    unasked: str | None = None
    clauses: dict[str, float] = {}
    why: str | None = None
    problem: str | None = None
    answered_at: datetime | None = None


def ranks_of(version: ListingVersion) -> list[SecondStageRank]:
    """Give them by topic; none of a version that left the database with its day."""
    if version._state.adding:
        return []
    rows = sorted(version.questions.all(), key=lambda row: row.topic)
    return [_rank(row, getattr(row, "answer", None)) for row in rows]


def _rank(row: Question, answer: Answer | None) -> SecondStageRank:
    settled = answer if answer is not None and answer.state != AnswerState.LEASED else None
    return SecondStageRank(
        topic=row.topic,
        day=row.day,
        stage=row.stage,
        score=round(row.score, 6),
        entered_at=row.created_at,
        due_at=row.due_at,
        place=Place(row.place).name.lower(),
        rank=None if row.rank is None else round(row.rank, 6),
        weights=row.weights,
        unasked=row.unasked or None,
        clauses=settled.clauses if settled else {},
        why=settled.why or None if settled else None,
        problem=answer.problem or None if answer else None,
        answered_at=settled.answered_at if settled else None,
    )
