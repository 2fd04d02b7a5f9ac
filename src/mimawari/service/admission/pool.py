"""The best m x K of a topic and day, as a merge sees them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mimawari.alerts.floors import LEAST_SCORE
from mimawari.alerts.ties import tie_break
from mimawari.service.admission.models import Answer, AnswerState, Place, Question
from mimawari.service.admission.waiting import COLUMNS, Waiting, waiting_of
from mimawari.service.intake.models import State
from mimawari.service.scoring.models import Candidate, CandidateState

if TYPE_CHECKING:
    from datetime import date, datetime

    from mimawari.service.admission.stage_terms import StageTerms

BATCH = 500
# What a list may have dealt with before its topic had a second stage.
_BEFORE = (CandidateState.ADMITTED, CandidateState.REFUSED, CandidateState.DISPLACED)


@dataclass(slots=True)
class Member:
    """One of the best m x K; ``answered`` with an ``answer`` of 0 to 100, or in vain.

    ``taken`` says that somebody asks, or asked; where ``no_more`` are, nobody will.
    """

    candidate: int
    version: int
    listing_id: str
    seller_id: str
    score: float
    state: int
    gone: bool
    question: Question
    probability: float | None = None
    answer: float | None = None
    answered: bool = False
    taken: bool = False
    changed: bool = False

    @property
    def tie(self) -> str:
        """The order of equals."""
        return tie_break(self.listing_id)

    def competes(self, now: datetime, no_more: bool) -> bool:
        """Whether it need not wait any longer; a clock that went back makes nobody wait."""
        question = self.question
        waits = question.created_at <= now < question.due_at and (self.taken or not no_more)
        return question.place == Place.RANKED or self.answered or not waits

    def leave(self) -> None:
        """Leave the best m x K: nobody need ask about it."""
        self.question.place, self.question.awaits, self.changed = Place.OUT, False, True

    def note(self, **values: object) -> None:
        """Set columns of its question, remembering whether any differs."""
        for name, value in values.items():
            if getattr(self.question, name) != value:
                setattr(self.question, name, value)
                self.changed = True


def members_of(topic: str, day: date, terms: StageTerms, now: datetime) -> list[Member]:
    """Give the best m x K so far; those of a list that had no second stage before, too.

    What another stage was asked about is asked about again, and competes meanwhile.
    """
    of_list = Question.objects.filter(topic=topic, day=day)
    related = ("answer", "candidate", "listing_version__ending")
    rows = of_list.filter(place__lt=Place.OUT).select_related(*related)
    members = [_member(row) for row in rows.defer("listing_version__payload")]
    for member in members:
        if member.question.stage != terms.stage.version:
            _ask_again(member, terms, now)
    if members or of_list.exists():
        return members
    return _begun(topic, day, terms, now)


def newcomer(
    waiting: Waiting,
    topic: str,
    day: date,
    terms: StageTerms,
    now: datetime,
    state: CandidateState = CandidateState.WAITING,
) -> Member:
    """Make a member of a candidate; its question is written when the merge is finished.

    Parameters
    ----------
    state
        Of the candidate; one that was dealt with before does not wait for an answer.
    """
    unasked = terms.unasked(waiting.score)
    waits = state == CandidateState.WAITING and waiting.probability is None
    question = Question(
        candidate_id=waiting.id,
        listing_version_id=waiting.version,
        topic=topic,
        day=day,
        score=waiting.score,
        stage=terms.stage.version,
        created_at=now,
        due_at=terms.due(waiting.score, now) if waits else now,
        awaits=not unasked,
        unasked=unasked,
    )
    return Member(
        candidate=waiting.id,
        version=waiting.version,
        listing_id=waiting.listing_id,
        seller_id=waiting.seller_id,
        score=waiting.score,
        gone=waiting.gone,
        question=question,
        state=state,
        probability=waiting.probability,
        changed=True,
    )


def write_questions(members: list[Member]) -> None:
    """Write questions that are new or changed; what came and left in one merge is not asked."""
    changed = [member.question for member in members if member.changed]
    new = [row for row in changed if row.pk is None and row.place != Place.OUT]
    # Conflicts: one that a stage out of force had let go, and that is back before it was merged.
    Question.objects.bulk_create(new, batch_size=BATCH, ignore_conflicts=True)
    fields = ("stage", "due_at", "place", "awaits", "unasked", "rank", "weights")
    fresh = {id(row) for row in new}
    known = [row for row in changed if row.pk is not None and id(row) not in fresh]
    Question.objects.bulk_update(known, fields, batch_size=BATCH)


def _member(question: Question) -> Member:
    candidate, version = question.candidate, question.listing_version
    member = Member(
        candidate=candidate.pk,
        version=version.pk,
        listing_id=version.listing_id,
        seller_id=version.seller_id,
        score=question.score,
        state=candidate.state,
        gone=version.state != State.SCORED or getattr(version, "ending", None) is not None,
        question=question,
        probability=candidate.probability,
    )
    answer: Answer | None = getattr(question, "answer", None)
    if answer is not None and answer.stage == question.stage:
        member.taken, member.answered = True, answer.state != AnswerState.LEASED
        member.answer = answer.violates if answer.state == AnswerState.ANSWERED else None
    return member


def _ask_again(member: Member, terms: StageTerms, now: datetime) -> None:
    member.answer, member.answered = None, False
    unasked = terms.unasked(member.score)
    due = min(member.question.due_at, now)
    member.note(stage=terms.stage.version, awaits=not unasked, unasked=unasked, due_at=due)


def _begun(topic: str, day: date, terms: StageTerms, now: datetime) -> list[Member]:
    """Give what a list dealt with before: it is asked about, and waits for nothing."""
    rows = Candidate.objects.filter(
        topic=topic, day=day, state__in=_BEFORE, score__gte=LEAST_SCORE, in_round=False
    )
    columns = rows.order_by("id").values_list(*COLUMNS, "state")
    return [
        newcomer(waiting_of(tuple(row)), topic, day, terms, now, CandidateState(state))
        for *row, state in columns
    ]
