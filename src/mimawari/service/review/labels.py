"""Labels from the store: what was known of each listing version and topic at a time."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby, islice
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone

from mimawari.records.label import Label, Purpose, Terms, label_of, standing
from mimawari.service.edge_cases.apart import Apart
from mimawari.service.intake.models import ListingVersion, State
from mimawari.service.intake.scored import scored_listing
from mimawari.service.releases.in_force import confirmed_topics, files_in_force
from mimawari.service.review import imported
from mimawari.service.review.judgements import by_case
from mimawari.service.review.models import Decision

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from mimawari.listings.listing import Listing

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Labelled:
    """A listing as it was judged, with its label."""

    listing: Listing
    label: Label


def terms(confirm: bool) -> Terms:
    """Give what is asked of a label: a topic's confirmation, and the age in the settings."""
    return Terms(confirm, timedelta(seconds=settings.CONFIG.label_maturity_seconds))


def labels(topic: str | None = None, until: datetime | None = None) -> Iterator[Label]:
    """Yield what was known at a time, now where none is given, by listing version and topic.

    What was decided elsewhere and imported is known from when it was decided, where no moderator
    of ours decided the listing. What nobody reviewed is not there. Whether a violation needs to
    be confirmed is as the topic files then in force say; how old a decision must be, the setting
    ``label_maturity_seconds``.
    """
    until = until or timezone.now()
    past = imported.labels_of_versions(topic, until, terms(confirm=False))
    yield from heapq.merge(_ours(topic, until), past, key=lambda label: label.version)


def _ours(topic: str | None, until: datetime) -> Iterator[Label]:
    confirmed = confirmed_topics(until)
    rows = Decision.objects.all() if topic is None else Decision.objects.filter(alert__topic=topic)
    for case in by_case(rows, until):
        label = label_of(case, until, terms(case[0].topic in confirmed))
        if label is not None:
            yield label


def erased(topic: str, until: datetime | None = None) -> int:
    """Count the labels of a topic whose listing was erased."""
    count, known = 0, labels(topic, until)
    while chunk := [label.version for label in islice(known, CHUNK)]:
        count += ListingVersion.objects.filter(pk__in=chunk, state=State.ERASED).count()
    return count


def unsettled(topic: str, until: datetime | None = None) -> int:
    """Count the listing versions that were judged for a topic and have no label.

    Nobody could tell, votes are tied, or a second moderator is still asked.
    """
    until = until or timezone.now()
    wanted = terms(topic in confirmed_topics(until))
    return sum(
        label_of(case, until, wanted) is None
        for case in by_case(Decision.objects.filter(alert__topic=topic), until)
        if any(j.purpose != Purpose.GOLDEN for j in standing(case, until))
    )


def labelled(
    topic: str | None = None, until: datetime | None = None, with_edge_cases: bool = False
) -> Iterator[Labelled]:
    """Yield labels with their listings, where these were not erased.

    Those of listings that came with past decisions, and that the log does not hold, come last.
    What is offered where the topic was not in force then is left out. So are the edge cases that
    stand now, and what repeats them: they judge models, and teach none.
    """
    until = until or timezone.now()
    files = files_in_force(until)
    apart: dict[str, Apart] = {}
    rows = _labelled(topic, until)
    while chunk := list(islice(rows, CHUNK)):
        for row in chunk if with_edge_cases else _teaching(chunk, apart):
            file = files.get(row.label.topic)
            if file is None or file.concerns(row.listing):
                yield row


def _teaching(chunk: list[Labelled], apart: dict[str, Apart]) -> Iterator[Labelled]:
    """Yield those of the rows that may teach, in their order."""
    judging: set[int] = set()
    for topic in {row.label.topic for row in chunk}:
        if topic not in apart:
            apart[topic] = Apart(topic)
        if not apart[topic]:
            continue
        places = [at for at, row in enumerate(chunk) if row.label.topic == topic]
        judged = apart[topic].judges([chunk[at].listing for at in places])
        judging |= {at for at, judges in zip(places, judged, strict=True) if judges}
    for at, row in enumerate(chunk):
        if at not in judging:
            yield row


def kept_apart(topic: str, until: datetime | None = None) -> int:
    """Count the labels of a topic that judge models and teach none."""
    apart = Apart(topic)
    if not apart:
        return 0
    rows, count = _labelled(topic, until or timezone.now()), 0
    while chunk := list(islice(rows, CHUNK)):
        count += sum(apart.judges([row.listing for row in chunk]))
    return count


def _labelled(topic: str | None, until: datetime) -> Iterator[Labelled]:
    wanted = labels(topic, until)
    while chunk := list(islice(wanted, CHUNK)):
        versions = ListingVersion.objects.select_related("score").in_bulk(
            [label.version for label in chunk]
        )
        for label in chunk:
            version = versions[label.version]
            if version.state != State.ERASED:
                yield Labelled(_listing_of(version), label)
    for listing, label in imported.labels_along(topic, until, terms(confirm=False)):
        yield Labelled(listing, label)


def _listing_of(version: ListingVersion) -> Listing:
    """Give the listing as it was scored, or as it came: one that was replaced first never was."""
    return scored_listing(
        version.payload, version.score.picture_text if hasattr(version, "score") else ""
    )


def labelled_listings(
    topic: str, until: datetime | None = None
) -> Iterator[tuple[Listing, int | None, float]]:
    """Yield listings with their label for one topic, and the probability of their review."""
    for row in labelled(topic, until):
        yield row.listing, row.label.value, row.label.probability


def export(
    until: datetime | None = None,
) -> Iterator[tuple[Listing, dict[str, int], dict[str, float]]]:
    """Yield each labelled listing version once, with labels and weights by topic.

    The weight is 1 over the probability of its review.
    """
    for _, group in groupby(labelled(None, until), lambda row: (row.listing.id, row.label.version)):
        rows = list(group)
        values = {row.label.topic: row.label.value for row in rows}
        weights = {row.label.topic: 1 / row.label.probability for row in rows}
        yield rows[0].listing, values, weights
