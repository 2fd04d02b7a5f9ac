"""Lists of all parts, merged by day and compared: overlap, Precision@K, what changes for whom."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

import numpy as np

from mimawari.evaluation.bootstrap import Interval, group_bootstrap
from mimawari.evaluation.intervals import wilson
from mimawari.flows.backtest.lists import merged
from mimawari.flows.backtest_records import Backtest, Blast, DayOverlap, ListQuality, Moved
from mimawari.flows.measured import Measured

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from numpy.typing import NDArray

    from mimawari.flows.backtest.labels import KnownLabels
    from mimawari.flows.backtest.parts import Entry, PartLists, TopicLists
    from mimawari.flows.records import Request

MOST_PARTS, DRAWS, LEAST_SELLERS = 12, 1_000, 10
NOTHING = Interval(float("nan"), 0.0, 1.0)

Lists = dict["date", tuple[list["Entry"], list["Entry"]]]
"""By day what the candidate lists, and what is in force does."""


def compared(
    request: Request, topic: str, parts: Sequence[PartLists], known: KnownLabels, holds: bool
) -> Backtest:
    """Compare the lists of a topic.

    Parameters
    ----------
    parts
        All of the run's, none of which failed for the topic.
    holds
        Whether the policy hides listings from a score on.
    """
    k = request.served.capacities[topic]
    of_topic = [part.topics[topic] for part in parts]
    lists = _by_day(parts, topic, k)
    labels = known.by_number
    both = [list(_of_all(lists, side)) for side in (0, 1)]
    violations = sum(part.violations for part in of_topic)
    candidate, champion = (_quality(entries, labels, violations) for entries in both)
    return Backtest(
        topic=topic,
        model=request.models[topic],
        against=request.served.champions.get(topic, ""),
        k=k,
        listings=sum(part.scored for part in of_topic),
        labels=violations + sum(part.others for part in of_topic),
        learnt=known.learnt,
        candidate=candidate,
        champion=champion,
        gain=Measured.of(_gain(both[0], both[1], labels)),
        blast=_blast(both[0], both[1], labels, of_topic, holds),
        days=tuple(
            DayOverlap(day, len(ours), len(_numbers(ours) & _numbers(theirs)))
            for day, (ours, theirs) in sorted(lists.items())
        ),
    )


def _by_day(parts: Sequence[PartLists], topic: str, k: int) -> Lists:
    of_day: defaultdict[date, list[TopicLists]] = defaultdict(list)
    for part in parts:
        of_day[part.part.day].append(part.topics[topic])
    return {
        day: (merged((p.candidate for p in of), k), merged((p.champion for p in of), k))
        for day, of in of_day.items()
    }


def _of_all(lists: Lists, side: int) -> Iterable[Entry]:
    return (entry for _, both in sorted(lists.items()) for entry in both[side])


def _numbers(entries: Iterable[Entry]) -> set[int]:
    return {entry.number for entry in entries}


def _quality(entries: Sequence[Entry], labels: Mapping[int, int], violations: int) -> ListQuality:
    judged = [entry for entry in entries if entry.number in labels]
    values = np.array([labels[entry.number] for entry in judged], np.float64)
    caught = int(values.sum())
    precision = _precision(values, [entry.seller for entry in judged])
    return ListQuality(
        alerts=len(entries),
        known=len(judged),
        violations=caught,
        precision=Measured.of(precision),
        recall=caught / violations if violations else None,
    )


def _precision(values: NDArray[np.float64], sellers: Sequence[str]) -> Interval:
    """Give the share of violations, its interval as wide as sellers or few labels make it.

    Resampled sellers alone would say of one label that it is sure.
    """
    if not len(values):
        return NOTHING
    few = wilson(int(values.sum()), len(values))
    drawn = group_bootstrap(lambda rows: float(values[rows].mean()), sellers, 0, DRAWS)
    return Interval(drawn.value, min(few.low, drawn.low), max(few.high, drawn.high))


def _gain(
    candidate: Sequence[Entry], champion: Sequence[Entry], labels: Mapping[int, int]
) -> Interval:
    """Give precision of the candidate less that of the champion, sellers drawn for both at once.

    Nothing with fewer than ten sellers of either: their draws say too little.
    """
    judged = [
        (entry, side)
        for side, entries in enumerate((candidate, champion))
        for entry in entries
        if entry.number in labels
    ]
    values = np.array([labels[entry.number] for entry, _ in judged], np.float64)
    sides = np.array([side for _, side in judged], np.int64)
    sellers = [{entry.seller for entry, of in judged if of == side} for side in (0, 1)]
    if min(map(len, sellers)) < LEAST_SELLERS:
        return Interval(float("nan"), -1.0, 1.0)

    def difference(rows: NDArray[np.int64]) -> float:
        means = [_mean(values[rows[sides[rows] == side]]) for side in (0, 1)]
        return means[0] - means[1]

    return group_bootstrap(difference, [entry.seller for entry, _ in judged], 0, DRAWS)


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _blast(
    candidate: Sequence[Entry],
    champion: Sequence[Entry],
    labels: Mapping[int, int],
    parts: Sequence[TopicLists],
    holds: bool,
) -> Blast:
    here, there = _numbers(candidate), _numbers(champion)
    entering = [entry for entry in candidate if entry.number not in there]
    leaving = [entry for entry in champion if entry.number not in here]
    sellers = [{entry.seller for entry in entries} for entries in (candidate, champion)]
    held = [sum(part.held[side] for part in parts) if holds else None for side in (0, 1)]
    return Blast(
        entering=len(entering),
        leaving=len(leaving),
        sellers_entering=len(sellers[0] - sellers[1]),
        sellers_leaving=len(sellers[1] - sellers[0]),
        violations_won=sum(labels.get(entry.number, 0) for entry in entering),
        violations_lost=sum(labels.get(entry.number, 0) for entry in leaving),
        held_candidate=held[0],
        held_champion=held[1],
        parts=_moved(entering, leaving),
    )


def _moved(entering: Sequence[Entry], leaving: Sequence[Entry]) -> tuple[Moved, ...]:
    """Give the parts of the market with most that comes and goes."""
    come, gone = (
        Counter(part for entry in entries for part in entry.alike.items())
        for entries in (entering, leaving)
    )
    most = sorted(come.keys() | gone.keys(), key=lambda p: (-abs(come[p] - gone[p]), p))
    return tuple(Moved(*part, come[part], gone[part]) for part in most[:MOST_PARTS])
