"""Labels: the mature decisions of moderators, one a listing version and topic."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec
from django.conf import settings
from django.utils import timezone

from mimawari.listings.listing import Listing
from mimawari.service.review.models import Decision, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

VALUE = {Verdict.VIOLATES: 1, Verdict.DOES_NOT_VIOLATE: 0}


def standing_decisions(
    topic: str | None = None, until: datetime | None = None
) -> Iterator[Decision]:
    """Yield the decisions that stand and are mature, oldest first; those made before ``until``.

    A decision stands until another replaces it; ``cannot_tell`` and what was undone give no
    label. Mature means older than the setting ``label_maturity_seconds``.
    """
    ripe = timezone.now() - timedelta(seconds=settings.CONFIG.label_maturity_seconds)
    found = Decision.objects.filter(
        replaced_by=None, verdict__in=list(VALUE), decided_at__lte=ripe
    ).select_related("alert__listing_version")
    if topic is not None:
        found = found.filter(alert__topic=topic)
    if until is not None:
        found = found.filter(decided_at__lt=until)
    yield from found.order_by("id").iterator(chunk_size=1000)


def labelled_listings(
    topic: str, until: datetime | None = None
) -> Iterator[tuple[Listing, int | None]]:
    """Yield listings with their label for one topic; what nobody reviewed is not there."""
    for decision in standing_decisions(topic, until):
        payload = decision.alert.listing_version.payload
        yield msgspec.json.decode(payload, type=Listing), VALUE[Verdict(decision.verdict)]


def export() -> Iterator[tuple[Listing, dict[str, int]]]:
    """Yield each labelled listing version once, with its labels by topic."""
    current, labels = None, {}
    found = standing_decisions_by_listing()
    for decision in found:
        version = decision.alert.listing_version
        if current is not None and version.pk != current.pk:
            yield msgspec.json.decode(current.payload, type=Listing), labels
            labels = {}
        current = version
        labels[decision.alert.topic] = VALUE[Verdict(decision.verdict)]
    if current is not None:
        yield msgspec.json.decode(current.payload, type=Listing), labels


def standing_decisions_by_listing() -> list[Decision]:
    """Give the standing decisions sorted by listing version."""
    return sorted(standing_decisions(), key=lambda d: (d.alert.listing_version_id, d.pk))
