"""How moderation fared, by topic and day: what a lead looks at first.

Days are those of the lists: what was alerted on a day counts on it, whenever it was decided.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import TYPE_CHECKING

import msgspec
from django.db.models import Count, Exists, F, OuterRef, Q, Subquery
from django.utils import timezone

from mimawari.evaluation.trust import Trust
from mimawari.records.label import FIRST, Purpose, Verdict
from mimawari.service.admission.models import ASKED, CHOSEN, MEASURED, Alert, AlertState
from mimawari.service.monitoring.models import KeptFigures
from mimawari.service.monitoring.quality import Quality
from mimawari.service.releases import generations
from mimawari.service.review.models import Decision
from mimawari.service.scoring.measured import is_prior

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

DAYS = 90
LEAST_PRECISION = 0.1
CLEAR = (Verdict.VIOLATES.value, Verdict.DOES_NOT_VIOLATE.value)


class TopicDay(msgspec.Struct, kw_only=True):
    """One topic's list of a day.

    Parameters
    ----------
    alerts
        Opened, for whatever reason; those that higher scores displaced since are among them.
    decided, judged, violations
        Standing decisions: all, those that are clear, and those of a violation.
    taken_back
        Decisions that their maker took back.
    twice, agreed
        Second judgements, and those that say what the first one said; both clear.
    """

    topic: str
    day: date
    alerts: int = 0
    decided: int = 0
    judged: int = 0
    violations: int = 0
    taken_back: int = 0
    twice: int = 0
    agreed: int = 0

    @property
    def overturned(self) -> int:
        """Decisions taken back, or contradicted by a second moderator."""
        return self.taken_back + self.twice - self.agreed


class ModelAlarm(msgspec.Struct, frozen=True):
    """A topic whose model's probabilities cannot be trusted any more."""

    topic: str


class RuleAlarm(msgspec.Struct, frozen=True):
    """A rule that is seldom right, as decisions measured it when rules were last activated."""

    topic: str
    rule: str
    precision: float


class Overview(msgspec.Struct, frozen=True):
    """The last days of every topic in force, and what needs looking at."""

    days: list[TopicDay]
    models: list[ModelAlarm]
    rules: list[RuleAlarm]


def overview(days: int = DAYS) -> Overview:
    """Count the last days, today included; four queries, however much was decided."""
    newest = generations.serving()
    topics = tuple(newest.manifest.topics) if newest else ()
    start = timezone.now().date() - timedelta(days=days - 1)
    rows: dict[tuple[str, date], TopicDay] = {}

    def of(topic: str, day: date) -> TopicDay:
        return rows.setdefault((topic, day), TopicDay(topic=topic, day=day))

    listed = Alert.objects.filter(day__gte=start, purpose__in=ASKED)
    by_day = listed.order_by().values_list("topic", "day")
    for topic, day, number in by_day.annotate(Count("pk")):
        of(topic, day).alerts = number
    for topic, day, verdict, number in _decisions(start):
        row = of(topic, day)
        if verdict == Verdict.UNDONE:
            row.taken_back += number
            continue
        row.decided += number
        row.judged += number if verdict in CLEAR else 0
        row.violations += number if verdict == Verdict.VIOLATES else 0
    for topic, day, twice, agreed in _second(start):
        row = of(topic, day)
        row.twice, row.agreed = twice, agreed
    known = sorted(rows.values(), key=lambda row: (row.day, row.topic))
    precisions = newest.manifest.rule_precisions if newest else {}
    return Overview(
        [row for row in known if row.topic in topics],
        _untrusted(topics),
        _poor(precisions, topics),
    )


def _of_lists() -> QuerySet[Decision]:
    """Give the decisions but for those on what was searched for or chosen, second ones too."""
    searched = Alert.objects.filter(
        listing_version=OuterRef("alert__listing_version"),
        topic=OuterRef("alert__topic"),
        purpose__in=[purpose.value for purpose in CHOSEN],
    )
    first = Alert.objects.filter(
        listing_version=OuterRef("alert__listing_version"),
        topic=OuterRef("alert__topic"),
        purpose__in=[purpose.value for purpose in FIRST],
        state=AlertState.DECIDED,
    )
    second = Q(alert__purpose=Purpose.SECOND.value)
    asked = Decision.objects.filter(alert__purpose__in=MEASURED)
    return asked.exclude(second & Exists(searched) & ~Exists(first))


def _decisions(start: date) -> QuerySet[Decision, tuple[str, date, str, int]]:
    """Count decisions that stand, and those that take one back."""
    counted = _of_lists().filter(alert__day__gte=start)
    counted = counted.filter(Q(replaced_by=None) | Q(verdict=Verdict.UNDONE))
    by_day = counted.order_by().values_list("alert__topic", "alert__day", "verdict")
    return by_day.annotate(Count("pk"))


def _second(start: date) -> QuerySet[Decision, tuple[str, date, int, int]]:
    """Count clear second judgements, and those that agree with the first one."""
    first = (
        Decision.objects.filter(
            alert__purpose__in=MEASURED,
            alert__listing_version=OuterRef("alert__listing_version"),
            alert__topic=OuterRef("alert__topic"),
            replaced_by=None,
            verdict__in=CLEAR,
        )
        .exclude(alert__purpose__in=(Purpose.SECOND.value, Purpose.GOLDEN.value))
        .order_by("pk")
        .values("verdict")[:1]
    )
    second = _of_lists().filter(
        alert__day__gte=start,
        alert__purpose=Purpose.SECOND.value,
        replaced_by=None,
        verdict__in=CLEAR,
    )
    second = second.annotate(first=Subquery(first)).exclude(first=None)
    by_day = second.order_by().values("alert__topic", "alert__day")
    counted = by_day.annotate(n=Count("pk"), agreed=Count("pk", filter=Q(verdict=F("first"))))
    return counted.values_list("alert__topic", "alert__day", "n", "agreed")


def _untrusted(topics: Iterable[str]) -> list[ModelAlarm]:
    """Give the topics whose kept figures say so; one whose figures nobody made yet is not told."""
    names = {f"quality {topic}": topic for topic in topics}
    bodies = KeptFigures.objects.filter(pk__in=names).values_list("name", "body")
    return [
        ModelAlarm(names[name])
        for name, body in sorted(bodies)
        if msgspec.msgpack.decode(body, type=Quality).probabilities.trust == Trust.NOT_TRUSTED
    ]


def _poor(precisions: dict[str, float], topics: Iterable[str]) -> list[RuleAlarm]:
    by_topic: defaultdict[str, list[RuleAlarm]] = defaultdict(list)
    for name, precision in sorted(precisions.items(), key=lambda item: item[1]):
        topic, _, rule = name.partition("/")
        if precision < LEAST_PRECISION and not is_prior(precision):
            by_topic[topic].append(RuleAlarm(topic, rule, precision))
    return [alarm for topic in topics for alarm in by_topic[topic]]
