"""Which lists a second stage has news for: an answer, a wait that is over, other weights."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import F, Q

from mimawari.service.admission.models import (
    Alert,
    AlertState,
    AnswerState,
    Place,
    Purpose,
    Question,
)
from mimawari.service.admission.stage_terms import is_spent, weights_of
from mimawari.service.scoring.models import Candidate, CandidateState

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from mimawari.records.manifest import TopicEntry
    from mimawari.records.second_stage import SecondStage


# Another process may hold candidates by a manifest that is older than this one's.
RELEASE_EVERY = timedelta(seconds=5)


class StageNews:
    """Looks for lists that are to be merged anew for a second stage."""

    def __init__(self) -> None:
        self._merged: dict[str, tuple[date, SecondStage, int | None]] = {}
        self._unstaged: set[str] = set()
        self._released_at: datetime | None = None

    def lists(self, topics: Mapping[str, TopicEntry], now: datetime) -> set[tuple[str, date]]:
        """Give them by topic and day; candidates that wait for a stage out of force wait no more.

        Today's list of a topic is one of them once for each stage, slot and weights: when this
        begins, too.
        """
        staged = {topic: entry.stage for topic, entry in topics.items() if entry.stage}
        self._release(set(topics) - set(staged), now)
        self._put_back(set(self._merged) - set(staged))
        if not staged:
            return set()
        lists = set()
        for topic, stage in staged.items():
            number, _ = weights_of(stage.version)
            merged = (now.date(), stage, number)
            if self._merged.get(topic) != merged:
                self._merged[topic] = merged
                lists.add((topic, now.date()))
        spent = [
            topic for topic, stage in staged.items() if is_spent(topic, now.date(), stage.spec)
        ]
        news = _answered() | _due(now) | _in_vain(spent, now.date())
        rows = Question.objects.filter(news, topic__in=staged)
        return lists | set(rows.values_list("topic", "day").distinct())

    def _release(self, unstaged: set[str], now: datetime) -> None:
        """Let what waits for an answer compete at once where nobody asks any more."""
        last = self._released_at
        if self._unstaged == unstaged and last is not None and last <= now < last + RELEASE_EVERY:
            return
        self._unstaged, self._released_at = unstaged, now
        left = Candidate.objects.filter(topic__in=unstaged, state=CandidateState.HELD)
        if left.exists():
            left.update(state=CandidateState.WAITING)

    def _put_back(self, topics: set[str]) -> None:
        """Order the queue by score again where no second stage ranks any more."""
        for topic in topics:
            del self._merged[topic]
            alerts = Alert.objects.filter(topic=topic, state=AlertState.OPEN, purpose=Purpose.TOP_K)
            alerts.update(priority=F("score"))


def _answered() -> Q:
    settled = (AnswerState.ANSWERED, AnswerState.FAILED)
    return Q(
        awaits=True,
        place__lt=Place.OUT,
        answer__state__in=settled,
        answer__stage=F("stage"),
    )


def _due(now: datetime) -> Q:
    return Q(place=Place.HELD) & (Q(due_at__lte=now) | Q(created_at__gt=now))


def _in_vain(spent: list[str], day: date) -> Q:
    """Give what waits for an answer that the budget does not reach any more."""
    return Q(place=Place.HELD, topic__in=spent, day=day, answer=None)
