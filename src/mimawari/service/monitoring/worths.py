"""What each topic's model is worth, from the decisions, scores and hours in the store."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Sum

from mimawari.evaluation.worth import Costs, Worth, worth
from mimawari.records.label import LISTED
from mimawari.service.catalogue.models import ModelVersion
from mimawari.service.releases import generations
from mimawari.service.review.cases import cases, since
from mimawari.service.review.models import Decision
from mimawari.service.scoring.models import DayVolume, Score

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

HOUR = 3_600.0
CHUNK = 20_000  # identifiers a query: SQLite allows 32,766


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
    newest = generations.serving()
    entries = newest.manifest.topics if newest else {}
    models = {topic: entry.champion for topic, entry in entries.items() if entry.champion}
    start = since(days)
    hit = _rule_listings(start)
    hours = _hours(start)
    newer = ModelVersion.objects.filter(topic__in=models, created_at__gte=start)
    released = Counter(newer.values_list("topic", flat=True))
    spent = DayVolume.objects.filter(day__gte=start.date()).aggregate(s=Sum("seconds"))["s"]
    compute = (spent or 0.0) / HOUR / max(1, len(models))
    topics_worth = []
    for topic, model in models.items():
        releases, (listed, beside) = released[topic], hours[topic]
        costs = Costs(listed, beside + releases * hours_per_release, compute)
        measured = _judge(topic, start, hit[topic], costs, least_per_hour)
        topics_worth.append(TopicWorth(topic, model, releases, costs, measured))
    return sorted(topics_worth, key=lambda topic_worth: -topic_worth.worth.gain.value)


def _judge(topic: str, start: datetime, hit: int, costs: Costs, least: float) -> Worth:
    known = [case for case in cases(topic, start) if case.listed and case.label >= 0]
    by_rules = _hit_by_rules(topic, [case.version for case in known])
    ruled = [case.label for case in known if case.version in by_rules]
    caught = sum(case.label for case in known)
    return worth(len(known), caught, (len(ruled), sum(ruled)), hit, costs, least)


def _hit_by_rules(topic: str, versions: Sequence[int]) -> set[int]:
    """Give those of listing versions that a rule of the topic hit."""
    hit = set()
    for start in range(0, len(versions), CHUNK):
        scores = Score.objects.filter(listing_version_id__in=versions[start : start + CHUNK])
        for version, rules in scores.values_list("listing_version_id", "rule_hits"):
            if any(rule.startswith(f"{topic}/") for rule in rules):
                hit.add(version)
    return hit


def _rule_listings(start: datetime) -> Counter[str]:
    """Count the listing versions that rules of each topic hit."""
    counts: Counter[str] = Counter()
    days = DayVolume.objects.filter(day__gte=start.date())
    for by_topic in days.values_list("rule_listings", flat=True):
        counts.update(by_topic)
    return counts


def _hours(start: datetime) -> dict[str, tuple[float, float]]:
    """Give moderators' hours by topic: on the list, and on everything beside it."""
    hours: dict[str, tuple[float, float]] = defaultdict(lambda: (0.0, 0.0))
    rows = Decision.objects.filter(decided_at__gte=start).order_by()
    by = rows.values_list("alert__topic", "alert__purpose").annotate(s=Sum("seconds"))
    for topic, purpose, seconds in by:
        listed, beside = hours[topic]
        spent = seconds / HOUR
        hours[topic] = (listed + spent, beside) if purpose in LISTED else (listed, beside + spent)
    return hours
