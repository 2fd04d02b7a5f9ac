"""What each topic's model is worth, from the decisions, scores and hours in the store."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Sum

from mimawari.evaluation.worth import Costs, Worth, worth
from mimawari.service.ops import generations
from mimawari.service.ops.models import ModelVersion
from mimawari.service.review.cases import cases, since
from mimawari.service.review.labels import LISTED
from mimawari.service.review.models import Decision
from mimawari.service.scoring.models import DayVolume, Score

if TYPE_CHECKING:
    from datetime import datetime

HOUR = 3_600.0


@dataclass(frozen=True, slots=True)
class TopicWorth:
    """A topic with a model: what it brought and what it cost."""

    topic: str
    model: str
    releases: int
    costs: Costs
    worth: Worth


def worths(
    days: int = 28, hours_per_release: float = 4.0, least_per_hour: float = 1.0
) -> list[TopicWorth]:
    """Measure every topic that has a model in force, over its last days.

    Parameters
    ----------
    hours_per_release
        Engineers' hours that a new model of a topic takes.
    least_per_hour
        Violations beyond the rules that an hour of upkeep has to bring.
    """
    newest = generations.current()
    entries = newest.manifest.topics if newest else {}
    models = {topic: entry.champion for topic, entry in entries.items() if entry.champion}
    start = since(days)
    hit = _rule_listings(start)
    spent = DayVolume.objects.filter(day__gte=start.date()).aggregate(s=Sum("seconds"))["s"]
    compute = (spent or 0.0) / HOUR / max(1, len(models))
    found = []
    for topic, model in models.items():
        releases = ModelVersion.objects.filter(topic=topic, created_at__gte=start).count()
        listed, beside = _hours(topic, start)
        costs = Costs(listed, beside + releases * hours_per_release, compute)
        told = _judge(topic, start, hit[topic], costs, least_per_hour)
        found.append(TopicWorth(topic, model, releases, costs, told))
    return sorted(found, key=lambda one: -one.worth.gain.value)


def _judge(topic: str, start: datetime, hit: int, costs: Costs, least: float) -> Worth:
    known = [one for one in cases(topic, start) if one.listed and one.label >= 0]
    ruled = [
        one.label
        for one in known
        if any(rule.startswith(f"{topic}/") for rule in one.version.score.rule_hits)
    ]
    caught = sum(one.label for one in known)
    return worth(len(known), caught, (len(ruled), sum(ruled)), hit, costs, least)


def _rule_listings(start: datetime) -> Counter[str]:
    """Count the listing versions that rules of each topic hit."""
    counts: Counter[str] = Counter()
    rows = Score.objects.filter(scored_at__gte=start).exclude(rule_hits=[])
    for hits in rows.values_list("rule_hits", flat=True).iterator(chunk_size=5_000):
        counts.update({rule.partition("/")[0] for rule in hits})
    return counts


def _hours(topic: str, start: datetime) -> tuple[float, float]:
    """Give moderators' hours on the list, and on everything beside it."""
    rows = Decision.objects.filter(alert__topic=topic, decided_at__gte=start)
    listed = beside = 0.0
    for purpose, seconds in rows.values_list("alert__purpose").annotate(s=Sum("seconds")):
        if purpose in LISTED:
            listed += seconds / HOUR
        else:
            beside += seconds / HOUR
    return listed, beside
