"""What moderators judged of a topic lately: one case a listing version, with every vote."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from mimawari.records.label import LISTED, VALUE, Judgement, brought, label_of, standing, votes
from mimawari.service.admission.models import Alert
from mimawari.service.releases.in_force import confirmed_topics
from mimawari.service.review.judgements import by_case
from mimawari.service.review.labels import terms
from mimawari.service.review.models import Decision


@dataclass(frozen=True, slots=True)
class Case:
    """A listing version of a topic, with what stands of what was said, in order.

    ``label`` is 1 where it violates, 0 where not, -1 unknown; ``votes`` hold moderator and clear
    verdict, the first of each moderator, golden items apart. ``score`` is the one it was
    alerted with, and ``listed`` says whether it was reviewed for what a detector said of it.
    """

    version: int
    stands: tuple[Judgement, ...]
    votes: tuple[tuple[int, int], ...]
    label: int
    score: float
    listed: bool


def since(days: int) -> datetime:
    """Give the time so many days ago, at midnight."""
    start = timezone.now() - timedelta(days=days - 1)
    return start.replace(hour=0, minute=0, second=0, microsecond=0)


def cases(topic: str, start: datetime, until: datetime | None = None) -> list[Case]:
    """Give the cases of alerts opened from a time on, by listing version, as known at another.

    What somebody decided who had searched for the listing is left out: it says nothing of lists,
    of chance or of moderators.

    Parameters
    ----------
    until
        Now where it is None.
    """
    until = until or timezone.now()
    asked = terms(topic in confirmed_topics(until))
    alerts = Alert.objects.filter(topic=topic, created_at__gte=start)
    scores = dict(alerts.values_list("pk", "score"))
    rows = Decision.objects.filter(alert__topic=topic, alert__created_at__gte=start)
    cases_of_topic = []
    for case in by_case(rows, until):
        judged = brought(case)
        stands = tuple(standing(judged, until))
        if not stands:
            continue
        label = label_of(judged, until, asked)
        verdicts: dict[int, int] = {}
        for vote in votes(stands):
            verdicts.setdefault(vote.moderator, VALUE[vote.verdict])
        cases_of_topic.append(
            Case(
                version=stands[0].version,
                stands=stands,
                votes=tuple(verdicts.items()),
                label=-1 if label is None else label.value,
                score=scores[stands[0].alert],
                listed=any(judgement.purpose in LISTED for judgement in stands),
            )
        )
    return cases_of_topic
