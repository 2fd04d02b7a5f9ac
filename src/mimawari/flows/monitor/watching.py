"""Counted days through the watches, in their order: what would have been told, and when."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from mimawari.evaluation.drift.bands import watch_named
from mimawari.evaluation.drift.days import limits_of_day, share_of_day
from mimawari.evaluation.drift.hours import time_of
from mimawari.evaluation.drift.tally import Tally, added
from mimawari.evaluation.drift.watch import DAY, PAST, WatchState
from mimawari.flows.monitor_records import Monitored, ToldChange, TopicDay

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from mimawari.evaluation.drift.watch import Change, Watch
    from mimawari.flows.monitor.counting import DayCounts, TopicCounts


def watched(days: Iterable[DayCounts], topics: Sequence[str]) -> Monitored:
    """Watch days, oldest first, each once: one is held in memory at a time, and counts by hour."""
    watches = _Watches()
    by_topic: dict[str, list[tuple[DayCounts, TopicCounts]]] = {topic: [] for topic in topics}
    versions = batches = 0
    for day in days:
        watches.step(day)
        versions, batches = versions + day.versions, batches + len(day.batches)
        for topic in topics:
            by_topic[topic].append((day, day.topics[topic]))
    return Monitored(
        versions=versions,
        batches=batches,
        watched_from=watches.watched_from,
        changes=tuple(watches.changes),
        topics={topic: tuple(_topic_days(of)) for topic, of in by_topic.items()},
    )


class _Watches:
    """The watches as they go, each with its counts of the last two weeks by hour."""

    def __init__(self) -> None:
        self.changes: list[ToldChange] = []
        self.watched_from: dict[str, datetime] = {}
        self._watches: dict[str, Watch] = {}
        self._past: defaultdict[str, dict[int, Tally]] = defaultdict(dict)

    def step(self, day: DayCounts) -> None:
        """Take a day's batches."""
        for batch in day.batches:
            for name, counts in sorted(batch.tallies.items()):
                self._step(name, counts, batch.hour)

    def _step(self, name: str, counts: Tally, hour: float) -> None:
        past = self._past[name]
        watch = self._watches.get(name)
        if watch is None:
            watch = self._watches[name] = watch_named(name, WatchState(), past)
        if watch.due(hour):
            for old in [h for h in past if h < hour - PAST - DAY]:
                del past[old]
            watch.learn(past, hour)
            if watch.watched and name not in self.watched_from:
                self.watched_from[name] = time_of(hour)
        self.changes += [_told(name, change, hour) for change in watch.step(counts, hour)]
        known = past.get(int(hour))
        past[int(hour)] = counts if known is None else added([known, counts])


def _told(watch: str, change: Change, hour: float) -> ToldChange:
    return ToldChange(
        watch=watch,
        kind=change.stream.kind,
        name=change.stream.name,
        since=time_of(change.since),
        at=time_of(hour),
        before=change.before,
        after=change.after,
        low=change.low,
        high=change.high,
        sellers=round(change.sellers),
    )


def _topic_days(days: Sequence[tuple[DayCounts, TopicCounts]]) -> Iterable[TopicDay]:
    """Hold each day against those before it."""
    evidence: list[float] | None = None
    for place, (day, counts) in enumerate(days):
        before = [counts for _, counts in days[:place]]
        limits = limits_of_day([counts.alerted for counts in before])
        past = [(counts.violating, counts.judged) for counts in before]
        share = share_of_day(past, counts.violating, counts.judged, evidence)
        evidence = share.evidence
        yield TopicDay(
            day=day.day,
            scored=counts.scored,
            alerted=counts.alerted,
            low=None if limits is None else limits.low,
            high=None if limits is None else limits.high,
            judged=counts.judged,
            violating=counts.violating,
            precision_fell=share.fell,
        )
