"""Writes what a second stage said: to its own questions only, and never twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F

from mimawari.detectors.second_stage.asking import UNREADABLE
from mimawari.service.admission.models import Answer, AnswerState, StageDay
from mimawari.service.second_stage import breaker
from mimawari.service.second_stage.leasing import MOST_ATTEMPTS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from mimawari.detectors.second_stage.asking import Reply
    from mimawari.service.second_stage.leasing import Taken

MOST_PROBLEM = 500


def write(
    topic: str, day: date, taken: Sequence[Taken], replies: Sequence[Reply], now: datetime
) -> int:
    """Write the replies to questions that are this asker's still; gives how many were answered.

    What was erased meanwhile, or taken by another after the lease, is left as it is; what it cost
    is counted.
    """
    answered = 0
    with transaction.atomic():
        # First, and in one order: whoever takes questions holds this row.
        StageDay.objects.filter(topic=topic, day=day).update(
            input_tokens=F("input_tokens") + sum(reply.input_tokens for reply in replies),
            output_tokens=F("output_tokens") + sum(reply.output_tokens for reply in replies),
            seconds=F("seconds") + sum(reply.seconds for reply in replies),
        )
        pairs = zip(taken, replies, strict=True)
        for question, reply in sorted(pairs, key=lambda pair: pair[0].answer):
            answered += _write(question, reply, now)
    problem = next((reply.problem for reply in replies if reply.problem), "")
    breaker.note(topic, any(reply.answer for reply in replies), problem, now)
    return answered


def release(taken: Sequence[Taken], now: datetime) -> None:
    """Give questions back that were not asked to the end: another may ask at once."""
    leases = [question.lease for question in taken]
    rows = Answer.objects.filter(lease__in=leases, state=AnswerState.LEASED)
    rows.update(leased_until=now, attempts=F("attempts") - 1)


def _write(question: Taken, reply: Reply, now: datetime) -> int:
    mine = Answer.objects.filter(pk=question.answer, lease=question.lease, state=AnswerState.LEASED)
    cost = {
        "input_tokens": F("input_tokens") + reply.input_tokens,
        "output_tokens": F("output_tokens") + reply.output_tokens,
        "seconds": F("seconds") + reply.seconds,
    }
    answer = reply.answer
    if answer is not None:
        return mine.update(
            state=AnswerState.ANSWERED,
            clauses=answer.clauses,
            violates=answer.violates,
            why=answer.why,
            answered_at=now,
            **cost,
        )
    problem = reply.problem[:MOST_PROBLEM]
    over = mine if reply.problem == UNREADABLE else mine.filter(attempts__gte=MOST_ATTEMPTS)
    if not over.update(state=AnswerState.FAILED, problem=problem, answered_at=now, **cost):
        mine.update(leased_until=now, problem=problem, **cost)
    return 0
