"""Merges the candidates of a topic and day into its running top K: one transaction, one list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from mimawari.alerts.floors import LEAST_SCORE
from mimawari.service.actions import hiding
from mimawari.service.admission.event_kinds import record_opened
from mimawari.service.admission.lists import begin_list, close_gone, lock_list, take_off
from mimawari.service.admission.merging import Merge
from mimawari.service.admission.models import Alert
from mimawari.service.admission.opening import (
    open_explored,
    open_listed,
    settle_candidates,
    waiting_for_review,
)
from mimawari.service.admission.reranking import RerankedMerge
from mimawari.service.admission.spared import close_spared
from mimawari.service.admission.waiting import spared, waiting_candidates

if TYPE_CHECKING:
    from datetime import date, datetime

    from mimawari.records.manifest import TopicEntry
    from mimawari.service.admission.merging import ListMerge
    from mimawari.service.scoring.models import DayList


def admit(
    topic: str, day: date, capacity: int, now: datetime, entry: TopicEntry | None = None
) -> int:
    """Merge what waits for a topic and day; gives how many candidates that were.

    Holds the list's row, so there is one admitter a list; another one that comes meanwhile goes
    on to the next topic. A candidate is waiting, or dealt with: whatever is killed when.

    Parameters
    ----------
    entry
        What is in force for the topic: it says from which score on what waits is hidden, and
        whether a second stage orders the list.
    """
    begin_list(topic, day)
    with transaction.atomic():
        day_list = lock_list(topic, day)
        if day_list is None:
            return 0
        closed = close_gone(topic)
        if entry is not None:
            closed += close_spared(topic, entry, now)
        waiting = waiting_candidates(topic, day)
        fresh = [candidate for candidate in waiting if not candidate.gone]
        merge = _merge(topic, day, capacity, now, entry)
        out = spared(topic, entry, fresh, now)
        for candidate in fresh:
            if not candidate.in_round and candidate.version not in out:
                merge.offer(candidate)
        explored = merge.beside(
            [candidate for candidate in fresh if candidate.probability is not None]
        )
        closed += take_off(
            Alert.objects.filter(topic=topic, listing_version_id__in=merge.displaced)
        )
        opened = [*open_listed(merge), *open_explored(merge, explored)]
        settle_candidates(waiting, merge, explored)
        opened += merge.finish()
        record_opened(opened)
        hiding.settle(closed, now, topic, entry, map(waiting_for_review, opened))
        _note_floor(day_list, merge)
    return len(waiting)


def _merge(
    topic: str, day: date, capacity: int, now: datetime, entry: TopicEntry | None
) -> ListMerge:
    if entry is not None and entry.stage is not None:
        return RerankedMerge(topic, day, entry, now)
    return Merge(topic, day, capacity, now)


def _note_floor(day_list: DayList, merge: ListMerge) -> None:
    floor = merge.floor
    day_list.floor = None if floor == float("-inf") else min(floor, 1.0 + LEAST_SCORE)
    day_list.pool_floor = day_list.floor if isinstance(merge, RerankedMerge) else None
    day_list.save(update_fields=("floor", "pool_floor"))
