"""Alerts of a batch: the running top K of each topic and day, and what chance chose beside it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
from django.db.models import Q

from mimawari.alerts.capacity import DayTopK
from mimawari.alerts.ties import tie_break
from mimawari.service.review import exploration
from mimawari.service.review.models import Alert, AlertState, Purpose
from mimawari.service.review.priorities import drawn, ordinary_priorities

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from django.db.models import QuerySet
    from numpy.typing import NDArray

    from mimawari.service.intake.log import Pending

# A model without any sign of a violation still gives a small number: such are no alerts.
LEAST_SCORE = 0.02
Key = tuple[str, int]


@dataclass(slots=True)
class Batch:
    """What is opened and displaced while a batch is written; keys are topic and version."""

    opened: dict[Key, float] = field(default_factory=dict)
    displaced: set[Key] = field(default_factory=set)

    def push_out(self, topic: str, version: int) -> bool:
        """Take a version off the list; whether it had been opened by this very batch."""
        if self.opened.pop((topic, version), None) is not None:
            return True
        self.displaced.add((topic, version))
        return False


def open_alerts(
    pending: Sequence[Pending],
    scores: Mapping[str, NDArray[np.float32]],
    capacity: Mapping[str, int],
    in_rounds: Collection[str],
    now: datetime,
    seconds: float = 0.0,
) -> None:
    """Open the alerts of a batch, and displace those they push out.

    Parameters
    ----------
    pending
        The n listing versions that were scored.
    scores
        By topic, shape (n,).
    in_rounds
        Topics whose lists an experiment's rounds make.
    seconds
        What scoring the batch took.
    """
    day, batch = now.date(), Batch()
    listed = {t: k for t, k in capacity.items() if t not in in_rounds}
    tops, spent = running_tops(listed, now, batch)
    known = {topic: values for topic, values in scores.items() if topic in capacity}
    # A topic in rounds has no floor; whatever its score, it may be missed.
    floors = {t: max(LEAST_SCORE, tops[t].floor) if t in tops else float("inf") for t in known}
    ids = np.array([one.id for one in pending], np.int64)
    chosen = exploration.choose(ids, known, floors, capacity, day, seconds)
    for topic in known.keys() & tops.keys():
        values, top = known[topic], tops[topic]
        for at in np.flatnonzero(values >= floors[topic]).tolist():
            one, value = pending[at], float(values[at])
            admitted = top.offer(value, one.id, tie_break(one.listing_id))
            if admitted is None:
                continue
            batch.opened[topic, one.id] = value
            if admitted.displaced is not None:
                batch.push_out(topic, admitted.displaced)
        _make_room(topic, top, capacity[topic] - spent[topic], chosen, batch)
    _displace(batch.displaced)
    _write(batch.opened, chosen, {t: k - spent[t] for t, k in capacity.items()}, now)


def running_tops(
    capacity: Mapping[str, int], now: datetime, batch: Batch
) -> tuple[dict[str, DayTopK[int]], dict[str, int]]:
    """Rebuild the day's running top K of each topic from the store, and what is spent of K.

    What a moderator decided or holds is spent capacity, and so is what is there for another
    purpose: nothing pushes it out. Where that leaves less room than there are alerts, the
    lowest are noted as displaced.
    """
    spent: dict[str, int] = defaultdict(int)
    inside: dict[str, list[tuple[float, int, str]]] = defaultdict(list)
    held = Q(state=AlertState.DECIDED) | Q(state=AlertState.OPEN, leased_until__gt=now)
    held |= Q(state=AlertState.OPEN) & ~Q(purpose=Purpose.TOP_K)
    alerts = Alert.objects.filter(day=now.date())
    for topic in alerts.filter(held).values_list("topic", flat=True):
        spent[topic] += 1
    free = alerts.filter(state=AlertState.OPEN, purpose=Purpose.TOP_K).exclude(held)
    names = ("topic", "score", "listing_version_id", "listing_version__listing_id")
    for topic, score, version, listing in free.values_list(*names):
        inside[topic].append((score, version, tie_break(listing)))
    tops = {}
    for topic, most in capacity.items():
        room = max(0, most - spent[topic])
        top: DayTopK[int] = DayTopK(max(room, len(inside[topic])))
        for score, version, tie in inside[topic]:
            top.offer(score, version, tie)
        for version in top.shrink(room):
            batch.push_out(topic, version)
        tops[topic] = top
    return tops, spent


def _make_room(
    topic: str,
    top: DayTopK[int],
    room: int,
    chosen: Mapping[Key, exploration.Chosen],
    batch: Batch,
) -> None:
    """Let the lowest of the list give way to what was chosen and is not on it."""
    extra = sum(key[0] == topic and key not in batch.opened for key in chosen)
    while out := top.shrink(room - extra):
        for version in out:
            fresh = batch.push_out(topic, version)
            extra += fresh and (topic, version) in chosen


def displace(alerts: QuerySet[Alert]) -> int:
    """Take open alerts off the list; what chance chose stays, for exploration alone.

    Gives how many were displaced.
    """
    listed = alerts.filter(state=AlertState.OPEN, purpose=Purpose.TOP_K)
    gone = listed.filter(probability=None).update(state=AlertState.DISPLACED)
    listed.exclude(probability=None).update(purpose=Purpose.EXPLORATION)
    return gone


def _displace(keys: set[Key]) -> None:
    by_topic: dict[str, list[int]] = defaultdict(list)
    for topic, version in keys:
        by_topic[topic].append(version)
    for topic, versions in by_topic.items():
        displace(Alert.objects.filter(topic=topic, listing_version_id__in=versions))


def _write(
    opened: Mapping[Key, float],
    chosen: Mapping[Key, exploration.Chosen],
    room: Mapping[str, int],
    now: datetime,
) -> None:
    day = now.date()
    Alert.objects.bulk_create(
        Alert(
            listing_version_id=version,
            topic=topic,
            day=day,
            score=score,
            priority=score,
            probability=chosen[topic, version].probability if (topic, version) in chosen else None,
            created_at=now,
        )
        for (topic, version), score in opened.items()
    )
    beside = {key: one for key, one in chosen.items() if key not in opened}
    priorities = {topic: ordinary_priorities(topic, day) for topic in {t for t, _ in beside}}
    left = dict(room)
    rows = []
    for (topic, version), one in beside.items():
        left[topic] -= 1
        rows.append(
            Alert(
                listing_version_id=version,
                topic=topic,
                # What the day has no room for is taken from tomorrow's.
                day=day if left[topic] >= 0 else day + timedelta(days=1),
                purpose=Purpose.EXPLORATION,
                score=one.score,
                priority=drawn(priorities[topic], one.score),
                probability=one.probability,
                created_at=now,
            )
        )
    Alert.objects.bulk_create(rows)
