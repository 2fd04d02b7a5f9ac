"""Labels: what moderators decided, one a listing version and topic."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone

from mimawari.service.intake.scored import as_scored
from mimawari.service.ops import generations
from mimawari.service.review.item import topic_file
from mimawari.service.review.models import Decision, Purpose, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from django.db.models import QuerySet

    from mimawari.listings.listing import Listing
    from mimawari.service.intake.models import ListingVersion

VALUE = {Verdict.VIOLATES: 1, Verdict.DOES_NOT_VIOLATE: 0}
# Alerts by which a listing version was reviewed whatever chance chose.
LISTED = frozenset({Purpose.TOP_K, Purpose.TRIAL})


@dataclass(frozen=True, slots=True)
class Label:
    """What is known of a listing version and topic.

    ``probability`` is that of having been reviewed: 1 on the list, and that of the exploration
    slice for what only chance chose.
    """

    version: ListingVersion
    topic: str
    value: int
    probability: float

    @property
    def listing(self) -> Listing:
        """The listing as it was judged."""
        return as_scored(self.version)


def standing_decisions(
    topic: str | None = None, until: datetime | None = None
) -> QuerySet[Decision]:
    """Give the decisions that stand and are mature, oldest first; those made before ``until``.

    A decision stands until another replaces it; ``cannot_tell``, what was undone and what was
    said of golden items give no label. Mature means older than the setting
    ``label_maturity_seconds``.
    """
    ripe = timezone.now() - timedelta(seconds=settings.CONFIG.label_maturity_seconds)
    found = Decision.objects.filter(replaced_by=None, verdict__in=list(VALUE), decided_at__lte=ripe)
    found = found.exclude(alert__purpose=Purpose.GOLDEN)
    if topic is not None:
        found = found.filter(alert__topic=topic)
    if until is not None:
        found = found.filter(decided_at__lt=until)
    return found.select_related("alert__listing_version__score").order_by("id")


def value_of(decisions: Sequence[Decision], confirm: bool = False) -> int | None:
    """Make one label of what moderators said: the majority; a tie is unknown.

    Parameters
    ----------
    confirm
        Whether a violation needs two moderators who say so.
    """
    votes = [VALUE[Verdict(one.verdict)] for one in decisions]
    if 2 * sum(votes) == len(votes):
        return None
    value = int(2 * sum(votes) > len(votes))
    sure = {one.moderator_id for one in decisions if one.verdict == Verdict.VIOLATES}
    return None if value and confirm and len(sure) < 2 else value


def labels(topic: str | None = None, until: datetime | None = None) -> Iterator[Label]:
    """Yield each label, by listing version and topic; what nobody reviewed is not there."""
    confirmed = _confirmed_topics()
    found = standing_decisions(topic, until).order_by(
        "alert__listing_version", "alert__topic", "id"
    )
    cases = groupby(
        found.iterator(chunk_size=1000), lambda d: (d.alert.listing_version_id, d.alert.topic)
    )
    for (_, of), group in cases:
        decisions = list(group)
        value = value_of(decisions, of in confirmed)
        if value is not None:
            version = decisions[0].alert.listing_version
            yield Label(version, of, value, _probability(decisions))


def _probability(decisions: Sequence[Decision]) -> float:
    alerts = [one.alert for one in decisions]
    explored = [a.probability for a in alerts if a.purpose == Purpose.EXPLORATION]
    if not explored or any(a.purpose in LISTED for a in alerts):
        return 1.0
    return explored[0] or 1.0


def _confirmed_topics() -> set[str]:
    newest = generations.current()
    entries = newest.manifest.topics if newest else {}
    return {t for t, e in entries.items() if topic_file(t, e.topic_file).confirm_positives}


def labelled_listings(
    topic: str, until: datetime | None = None
) -> Iterator[tuple[Listing, int | None, float]]:
    """Yield listings with their label for one topic, and the probability of their review."""
    for one in labels(topic, until):
        yield one.listing, one.value, one.probability


def export() -> Iterator[tuple[Listing, dict[str, int], dict[str, float]]]:
    """Yield each labelled listing version once, with labels and weights by topic.

    The weight is 1 over the probability of its review.
    """
    for _, group in groupby(labels(), lambda one: one.version.pk):
        values: dict[str, int] = defaultdict(int)
        weights: dict[str, float] = {}
        for one in group:
            values[one.topic] = one.value
            weights[one.topic] = 1 / one.probability
            last = one
        yield last.listing, dict(values), weights
