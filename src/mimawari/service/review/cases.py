"""What moderators judged of a topic lately: one case a listing version, with every vote."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from django.utils import timezone

from mimawari.service.review.labels import LISTED, VALUE, value_of
from mimawari.service.review.models import Decision, Purpose, Verdict
from mimawari.service.review.second import confirms_positives

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mimawari.service.intake.models import ListingVersion


@dataclass(frozen=True, slots=True)
class Case:
    """A listing version of a topic and the decisions on it that stand, oldest first."""

    version: ListingVersion
    decisions: tuple[Decision, ...]

    @property
    def votes(self) -> list[tuple[int, int]]:
        """Moderator and clear verdict, the first of each moderator; golden items apart."""
        found: dict[int, int] = {}
        for one in self.decisions:
            if one.verdict in VALUE and one.alert.purpose != Purpose.GOLDEN:
                found.setdefault(one.moderator_id, VALUE[Verdict(one.verdict)])
        return list(found.items())

    @property
    def listed(self) -> bool:
        """Whether it was reviewed for what a detector said of it."""
        return any(one.alert.purpose in LISTED for one in self.decisions)

    @property
    def score(self) -> float:
        """The score it was alerted with."""
        return self.decisions[0].alert.score

    @property
    def label(self) -> int:
        """1 violates, 0 does not, -1 unknown."""
        clear = [
            one
            for one in self.decisions
            if one.verdict in VALUE and one.alert.purpose != Purpose.GOLDEN
        ]
        if not clear:
            return -1
        value = value_of(clear, confirms_positives(clear[0].alert))
        return -1 if value is None else value


def since(days: int) -> datetime:
    """Give the time so many days ago, at midnight."""
    start = timezone.now() - timedelta(days=days - 1)
    return start.replace(hour=0, minute=0, second=0, microsecond=0)


def cases(topic: str, start: datetime) -> list[Case]:
    """Give the cases of alerts opened from a time on, by listing version."""
    found = Decision.objects.filter(
        replaced_by=None, alert__topic=topic, alert__created_at__gte=start
    ).exclude(verdict=Verdict.UNDONE)
    found = found.select_related("alert__listing_version__score__generation")
    found = found.order_by("alert__listing_version_id", "id")
    return [_case(list(group)) for _, group in groupby(found, lambda d: d.alert.listing_version_id)]


def _case(decisions: Sequence[Decision]) -> Case:
    return Case(decisions[0].alert.listing_version, tuple(decisions))
