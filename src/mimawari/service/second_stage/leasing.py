"""Takes questions to ask: the highest scores first, each by one asker, within the budget."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec
from django.db import transaction
from django.db.models import Q

from mimawari.detectors.remote.prompt import Shown, shown
from mimawari.detectors.second_stage.asking import most_seconds
from mimawari.detectors.second_stage.prompt import question_key
from mimawari.service.admission.models import Answer, AnswerState, Place, Question, StageDay
from mimawari.service.admission.stage_terms import is_spent
from mimawari.service.intake.leases import new_lease
from mimawari.service.intake.models import State
from mimawari.service.intake.scored import as_scored
from mimawari.service.platform import clock

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from django.db.models import QuerySet

    from mimawari.records.second_stage import SecondStage

MOST_ATTEMPTS = 3
# Beside what the requests may take: writing, and a process that is busy.
SPARE_SECONDS = 10.0


class Taken(msgspec.Struct, frozen=True):
    """A question that this asker alone asks; ``answer`` is the number of its row."""

    answer: int
    lease: int
    listing: Shown


class Round(msgspec.Struct, frozen=True):
    """What one look gave: questions to ask, and how many were answered by what was known."""

    topic: str
    day: date
    taken: list[Taken]
    known: int


def take(topic: str, stage: SecondStage, most: int, now: datetime) -> Round:
    """Take up to so many questions of today's list, under the lock of the day's row.

    Only askers hold that row. What was answered before for the same content is taken over at
    once; what is being asked at this moment is not asked twice.
    """
    day = now.date()
    nothing = Round(topic, day, [], 0)
    if most <= 0 or is_spent(topic, day, stage.spec) or not _open(topic, day, stage, now).exists():
        return nothing
    if not StageDay.objects.filter(topic=topic, day=day).exists():
        StageDay.objects.bulk_create([StageDay(topic=topic, day=day)], ignore_conflicts=True)
    with transaction.atomic():
        spent = StageDay.objects.select_for_update().get(topic=topic, day=day)
        now = clock.database_now()  # after all who held the row: their leases are not ahead of it
        # What is being erased is passed over; an erasure that begins later finds what is written.
        left = _open(topic, day, stage, now).select_for_update(
            of=("listing_version",), no_key=True, skip_locked=True
        )
        rows = list(
            left.select_related("listing_version__score", "answer").order_by("-score")[:most]
        )
        keyed = [(row, shown(as_scored(row.listing_version))) for row in rows]
        keys = {row.pk: question_key(stage.spec, stage.policy_hash, text) for row, text in keyed}
        known, busy = _known(keys.values()), _busy(keys.values(), now)
        taken: list[Taken] = []
        over = 0
        for row, text in keyed:
            key = keys[row.pk]
            if key in known:
                _take_over(row, key, stage, known[key], now)
                over += 1
            elif key not in busy and not _is_spent(spent, stage):
                busy.add(key)
                spent.listings += 1
                taken.append(_lease(row, key, stage, text, now))
        spent.save(update_fields=("listings",))
    return Round(topic, day, taken, over)


def _open(topic: str, day: date, stage: SecondStage, now: datetime) -> QuerySet[Question]:
    """Give questions that nobody asks: new ones, another stage's, and those of who was killed."""
    expired = Q(answer__state=AnswerState.LEASED, answer__attempts__lt=MOST_ATTEMPTS) & (
        Q(answer__leased_until__lte=now) | Q(answer__leased_at__gt=now)
    )
    return Question.objects.filter(
        Q(answer=None) | ~Q(answer__stage=stage.version) | expired,
        topic=topic,
        day=day,
        stage=stage.version,
        awaits=True,
        place__lt=Place.OUT,
        listing_version__state=State.SCORED,
        listing_version__ending=None,
    )


def _known(keys: Iterable[str]) -> dict[str, Answer]:
    rows = Answer.objects.filter(key__in=list(keys), state=AnswerState.ANSWERED)
    return {row.key: row for row in rows.order_by("-pk")}


def _busy(keys: Iterable[str], now: datetime) -> set[str]:
    rows = Answer.objects.filter(state=AnswerState.LEASED, leased_until__gt=now, leased_at__lte=now)
    return set(rows.filter(key__in=list(keys)).values_list("key", flat=True))


def _is_spent(day: StageDay, stage: SecondStage) -> bool:
    return stage.spec.spent(day.listings, day.input_tokens, day.output_tokens)


def _row(question: Question, key: str, stage: SecondStage, now: datetime) -> Answer:
    """Give the row of a question's answer, new or taken again."""
    before: Answer | None = getattr(question, "answer", None)
    again = before is not None and before.stage == stage.version
    return Answer(
        pk=before.pk if before else None,
        question=question,
        listing_version_id=question.listing_version_id,
        stage=stage.version,
        key=key,
        lease=new_lease(),
        leased_at=now,
        leased_until=now,
        attempts=before.attempts + 1 if before is not None and again else 1,
        # What earlier tries took stays.
        input_tokens=before.input_tokens if before is not None and again else 0,
        output_tokens=before.output_tokens if before is not None and again else 0,
        seconds=before.seconds if before is not None and again else 0.0,
    )


def _take_over(
    question: Question, key: str, stage: SecondStage, known: Answer, now: datetime
) -> None:
    row = _row(question, key, stage, now)
    row.state, row.cached, row.answered_at = AnswerState.ANSWERED, True, now
    row.clauses, row.violates, row.why = known.clauses, known.violates, known.why
    row.save()


def _lease(
    question: Question, key: str, stage: SecondStage, listing: Shown, now: datetime
) -> Taken:
    row = _row(question, key, stage, now)
    row.leased_until = now + timedelta(seconds=most_seconds(stage.spec) + SPARE_SECONDS)
    row.save()
    return Taken(row.pk, row.lease, listing)
