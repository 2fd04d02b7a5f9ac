"""What a run found, topic by topic, against rules alone at the same capacity."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mimawari.evaluation.precision import UNKNOWN, ranking

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class TopicScores:
    """Scores and known labels of one topic over the listings of a run.

    Parameters
    ----------
    topic
        The topic's name.
    capacity
        K, the alerts that moderators can review in the run.
    score, rules
        Shape (n,): the topic's score with models, and by rules alone; NaN where none.
    labels
        Shape (n,): 1 violates, 0 does not, -1 unknown (never counted as 0).
    modelled
        Whether a model took part, or rules alone.
    """

    topic: str
    capacity: int
    score: NDArray[np.float32]
    rules: NDArray[np.float32]
    labels: NDArray[np.int8]
    modelled: bool = True


@dataclass(frozen=True, slots=True)
class TopicResult:
    """Counts of one topic: what the same K reviews caught with and without models.

    ``reviews_to_match`` is how far down the alerts with models one has to go to catch as many
    violations as all alerts of the rules hold; None where they never hold as many.
    """

    topic: str
    violations: int
    capacity: int
    alerts: int
    caught: int
    rule_alerts: int
    rule_caught: int
    precision_curve: tuple[float, ...]
    modelled: bool
    reviews_to_match: int | None = None

    @property
    def precision(self) -> float:
        """Violations among the alerts whose truth is known; NaN with no alert.

        Examples
        --------
        >>> TopicResult("weapons", 9, 10, 10, 6, 4, 2, (), True).precision
        0.6
        """
        return self.caught / self.alerts if self.alerts else math.nan

    @property
    def coverage(self) -> float:
        """Violations caught, over those that rules alone catch at the same capacity.

        Examples
        --------
        >>> TopicResult("weapons", 9, 10, 10, 6, 4, 2, (), True).coverage
        3.0
        >>> TopicResult("tickets", 9, 10, 10, 6, 0, 0, (), True).coverage
        inf
        """
        if self.rule_caught:
            return self.caught / self.rule_caught
        return math.inf if self.caught else math.nan

    def minutes_saved(self, seconds_a_review: float) -> float:
        """Moderator time saved while catching as much as rules alone do.

        ``(alerts of the rules - reviews_to_match) * seconds / 60``; NaN where rules catch
        nothing or the alerts with models never hold as many.

        Examples
        --------
        >>> TopicResult("weapons", 9, 10, 8, 6, 8, 3, (), True, 5).minutes_saved(30)
        1.5
        """
        if not self.rule_caught or self.reviews_to_match is None:
            return math.nan
        return (self.rule_alerts - self.reviews_to_match) * seconds_a_review / 60


@dataclass(frozen=True, slots=True)
class RunReport:
    """All topics of a run, with what a reader needs to weigh them.

    ``leak`` is P3: the AUROC of style counts alone, without a single word.
    """

    title: str
    listings: int
    seconds: float
    topics: tuple[TopicResult, ...]
    leak: float | None = None
    seconds_a_review: float = 20.0
    notes: tuple[str, ...] = ()

    @property
    def total(self) -> TopicResult:
        """Sum over topics, as if one."""
        t = self.topics
        return TopicResult(
            topic="all topics",
            violations=sum(r.violations for r in t),
            capacity=sum(r.capacity for r in t),
            alerts=sum(r.alerts for r in t),
            caught=sum(r.caught for r in t),
            rule_alerts=sum(r.rule_alerts for r in t),
            rule_caught=sum(r.rule_caught for r in t),
            precision_curve=(),
            modelled=any(r.modelled for r in t),
        )

    def minutes_saved(self) -> float:
        """Sum of the topics' `TopicResult.minutes_saved` where it is defined."""
        saved = [r.minutes_saved(self.seconds_a_review) for r in self.topics]
        return math.fsum(s for s in saved if not math.isnan(s))


def summarise(scores: TopicScores, keys: Sequence[str]) -> TopicResult:
    """Count what the top K of one topic holds, with models and by rules alone.

    Listings of unknown truth keep their place in the ranking and leave the counts.

    Parameters
    ----------
    scores
        The topic's scores and labels.
    keys
        Identifiers of the n listings; they break ties, so a run is repeatable.
    """
    known = scores.labels != UNKNOWN
    both = ranking(scores.score, keys)[: scores.capacity]
    rules = ranking(scores.rules, keys)[: scores.capacity]
    both, rules = both[known[both]], rules[known[rules]]
    hits = scores.labels[both] == 1
    caught = np.cumsum(hits)
    rule_caught = int((scores.labels[rules] == 1).sum())
    matched = int(np.searchsorted(caught, rule_caught)) + 1
    return TopicResult(
        topic=scores.topic,
        violations=int((scores.labels == 1).sum()),
        capacity=scores.capacity,
        alerts=len(both),
        caught=int(hits.sum()),
        rule_alerts=len(rules),
        rule_caught=rule_caught,
        precision_curve=tuple((caught / np.arange(1, len(hits) + 1)).tolist()),
        modelled=scores.modelled,
        reviews_to_match=matched if matched <= len(hits) else None,
    )
