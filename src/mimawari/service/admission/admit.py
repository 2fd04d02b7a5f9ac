"""Merges the candidates of a topic and day into its running top K: one transaction, one list."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec
from django.db import connection, transaction

from mimawari.alerts.capacity import DayTopK
from mimawari.alerts.floors import LEAST_SCORE
from mimawari.alerts.ties import tie_break
from mimawari.service.actions import hiding
from mimawari.service.admission.event_kinds import record_opened
from mimawari.service.admission.lists import begin_list, close_gone, held, lock_list, take_off
from mimawari.service.admission.models import Alert, AlertState, Purpose
from mimawari.service.admission.priorities import drawn, ordinary_priorities
from mimawari.service.admission.spared import close_spared
from mimawari.service.catalogue.standings import Sparing, standings_of
from mimawari.service.intake.models import State
from mimawari.service.scoring.models import Candidate, CandidateState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from mimawari.records.manifest import TopicEntry

# Candidates of a topic and day merged in one transaction.
MOST = 5_000


class Waiting(msgspec.Struct, frozen=True):
    """A candidate that waits; gone is one whose listing was edited or ended meanwhile."""

    id: int
    version: int
    score: float
    probability: float | None
    in_round: bool
    listing_id: str
    seller_id: str
    gone: bool


class Merge:
    """A list's merge at work: who is on the list, who was pushed out.

    Parameters
    ----------
    capacity
        K of the topic.
    """

    def __init__(self, topic: str, day: date, capacity: int, now: datetime) -> None:
        self.topic, self.day, self.now = topic, day, now
        self.opened: dict[int, Waiting] = {}
        self.displaced: set[int] = set()
        alerts = Alert.objects.filter(topic=topic, day=day)
        spent = alerts.filter(held(now)).count()
        free = alerts.filter(state=AlertState.OPEN, purpose=Purpose.TOP_K).exclude(held(now))
        names = ("score", "listing_version_id", "listing_version__listing_id")
        rows = list(free.values_list(*names))
        self.room = max(0, capacity - spent)
        self.top: DayTopK[int] = DayTopK(max(self.room, len(rows)))
        for score, version, listing_id in rows:
            self.top.offer(score, version, tie_break(listing_id))
        for version in self.top.shrink(self.room):
            self._push_out(version)

    def _push_out(self, version: int) -> Waiting | None:
        """Take a version off the list; gives its candidate where this very merge had opened it."""
        candidate = self.opened.pop(version, None)
        if candidate is None:
            self.displaced.add(version)
        return candidate

    def offer(self, candidate: Waiting) -> None:
        """Let a candidate compete for a place."""
        if candidate.score < LEAST_SCORE:
            return
        tie = tie_break(candidate.listing_id)
        admitted = self.top.offer(candidate.score, candidate.version, tie)
        if admitted is None:
            return
        self.opened[candidate.version] = candidate
        if admitted.displaced is not None:
            self._push_out(admitted.displaced)

    def beside(self, explored: Sequence[Waiting]) -> list[Waiting]:
        """Give what chance chose and is not on the list; the lowest of the list give way to it."""
        extra = [candidate for candidate in explored if candidate.version not in self.opened]
        while lowest := self.top.shrink(self.room - len(extra)):
            for version in lowest:
                candidate = self._push_out(version)
                if candidate is not None and candidate.probability is not None:
                    extra.append(candidate)
        return extra


def admit(
    topic: str, day: date, capacity: int, now: datetime, entry: TopicEntry | None = None
) -> int:
    """Merge what waits for a topic and day; gives how many candidates that were.

    Holds the list's row, so there is one admitter a list; another one that comes meanwhile goes
    on to the next topic. A candidate is waiting, or dealt with: whatever is killed when.

    Parameters
    ----------
    entry
        What is in force for the topic: it says from which score on what waits is hidden.
    """
    begin_list(topic, day)
    with transaction.atomic():
        day_list = lock_list(topic, day)
        if day_list is None:
            return 0
        closed = close_gone(topic)
        if entry is not None:
            closed += close_spared(topic, entry, now)
        waiting = _waiting(topic, day)
        fresh = [candidate for candidate in waiting if not candidate.gone]
        merge = Merge(topic, day, capacity, now)
        spared = _spared(topic, entry, fresh, now)
        for candidate in fresh:
            if not candidate.in_round and candidate.version not in spared:
                merge.offer(candidate)
        explored = merge.beside(
            [candidate for candidate in fresh if candidate.probability is not None]
        )
        closed += take_off(
            Alert.objects.filter(topic=topic, listing_version_id__in=merge.displaced)
        )
        opened = [*_open_listed(merge), *_open_explored(merge, explored)]
        record_opened(opened)
        hiding.settle(closed, now, topic, entry, map(_waiting_for_review, opened))
        _settle(waiting, merge, explored)
        floor = merge.top.floor
        day_list.floor = None if floor == float("-inf") else min(floor, 1.0 + LEAST_SCORE)
        day_list.save(update_fields=("floor",))
    return len(waiting)


def _waiting(topic: str, day: date) -> list[Waiting]:
    names = ("id", "listing_version_id", "score", "probability", "in_round")
    version = (
        "listing_version__listing_id",
        "listing_version__seller_id",
        "listing_version__state",
        "listing_version__ending__reason",
    )
    rows = Candidate.objects.filter(topic=topic, day=day, state=CandidateState.WAITING)
    if connection.features.has_select_for_update:
        rows = rows.select_for_update(of=("self",))
    columns = rows.order_by("id").values_list(*names, *version)[:MOST]
    return [
        Waiting(
            id=pk,
            version=number,
            score=score,
            probability=probability,
            in_round=in_round,
            listing_id=listing_id,
            seller_id=seller_id,
            gone=state == State.SUPERSEDED or ended is not None,
        )
        for pk, number, score, probability, in_round, listing_id, seller_id, state, ended in columns
    ]


def _spared(
    topic: str, entry: TopicEntry | None, waiting: Sequence[Waiting], now: datetime
) -> set[int]:
    """Give what competes for no place: its seller is trusted or exempt, as policy says now."""
    if entry is None:
        return set()
    standings = standings_of([candidate.seller_id for candidate in waiting])
    sparing = Sparing.of(topic, entry, standings, now)
    return {
        candidate.version
        for candidate in waiting
        if sparing.spares(candidate.seller_id, candidate.score)
    }


def _waiting_for_review(alert: Alert) -> hiding.Waiting:
    return hiding.Waiting(alert.pk, alert.listing_version_id, alert.score)


def _open_listed(merge: Merge) -> list[Alert]:
    return Alert.objects.bulk_create(
        Alert(
            listing_version_id=candidate.version,
            topic=merge.topic,
            day=merge.day,
            score=candidate.score,
            priority=candidate.score,
            probability=candidate.probability,
            created_at=merge.now,
        )
        for candidate in merge.opened.values()
    )


def _open_explored(merge: Merge, explored: Sequence[Waiting]) -> list[Alert]:
    """Open what chance chose, beside the list; what the day has no room for is tomorrow's."""
    priorities = ordinary_priorities(merge.topic, merge.day) if explored else []
    return Alert.objects.bulk_create(
        Alert(
            listing_version_id=candidate.version,
            topic=merge.topic,
            day=merge.day if place < merge.room else merge.day + timedelta(days=1),
            purpose=Purpose.EXPLORATION,
            score=candidate.score,
            priority=drawn(priorities, candidate.score),
            probability=candidate.probability,
            created_at=merge.now,
        )
        for place, candidate in enumerate(explored)
    )


def _settle(waiting: Sequence[Waiting], merge: Merge, explored: Sequence[Waiting]) -> None:
    """Say of each candidate what became of it."""
    admitted = {*merge.opened, *(candidate.version for candidate in explored)}
    states: dict[CandidateState, list[int]] = {}
    for candidate in waiting:
        if candidate.gone:
            state = CandidateState.SUPERSEDED
        elif candidate.in_round:
            state = CandidateState.IN_ROUND
        elif candidate.version in admitted:
            state = CandidateState.ADMITTED
        else:
            state = CandidateState.REFUSED
        states.setdefault(state, []).append(candidate.id)
    for state, ids in states.items():
        Candidate.objects.filter(id__in=ids).update(state=state)
    Candidate.objects.filter(
        topic=merge.topic, listing_version_id__in=merge.displaced, state=CandidateState.ADMITTED
    ).update(state=CandidateState.DISPLACED)
