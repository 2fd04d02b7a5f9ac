"""Labels of decisions that were taken elsewhere.

A decision counts from the time at which it was taken. Where a moderator of ours decided the same
listing and topic, theirs counts instead, from then on. Nobody knows by which chance a past case
was looked at, so its label weighs 1; a second moderator is not asked for, since what a file holds
was final where it was decided. Of two decisions of one reviewer the later one stands.

Figures of moderators, agreement and trials read decisions of ours only.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import msgspec
from django.db.models import Exists, OuterRef

from mimawari.listings.listing import Listing
from mimawari.records.label import (
    VALUE,
    Judgement,
    Label,
    Purpose,
    Terms,
    Verdict,
    label_of,
    votes,
)
from mimawari.records.label import standing as stands
from mimawari.service.review.models import Decision, ImportedDecision

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from datetime import datetime

    from django.db.models import QuerySet

CHUNK = 2_000
_COLUMNS = ("pk", "topic", "reviewer_id", "verdict", "decided_at")
_CLEAR = tuple(str(verdict) for verdict in VALUE)


def labels_of_versions(topic: str | None, until: datetime, terms: Terms) -> Iterator[Label]:
    """Yield what past decisions say of listing versions in the log, by version and topic."""
    rows = standing(topic, until).exclude(listing_version=None)
    for _, label in _labels(rows, "listing_version_id", until, terms):
        yield label


def labels_along(
    topic: str | None, until: datetime, terms: Terms
) -> Iterator[tuple[Listing, Label]]:
    """Yield what past decisions say of listings that came with them, by listing and topic.

    The label's version is the number of what came along, none of the log's.
    """
    rows = standing(topic, until).exclude(imported_listing__seller_id="")
    rows = rows.exclude(imported_listing=None)
    for payload, label in _labels(rows, "imported_listing_id", until, terms, along=True):
        yield msgspec.json.decode(payload, type=Listing), label


def violations(
    versions: Collection[int], along: Collection[int], until: datetime
) -> tuple[dict[tuple[int, str], int], dict[tuple[int, str], int]]:
    """Give the past decisions by which cases violate: of listing versions, and of what came along.

    By number and topic, the last decision that says so. What a moderator of ours decided since is
    not among them.
    """
    rows = standing(None, until)
    return (
        _violations(rows.filter(listing_version__in=versions), "listing_version_id", until),
        _violations(
            rows.filter(imported_listing__in=along).exclude(imported_listing__seller_id=""),
            "imported_listing_id",
            until,
        ),
    )


def _violations(
    rows: QuerySet[ImportedDecision], key: str, until: datetime
) -> dict[tuple[int, str], int]:
    violating = {}
    ordered = rows.order_by(key, "topic", "decided_at", "pk").values_list(key, *_COLUMNS)
    rows_of = groupby(ordered.iterator(chunk_size=CHUNK), lambda row: (row[0], row[2]))
    for (number, topic), group in rows_of:
        case = _judgements(number, (row[1:6] for row in group))
        label = label_of(case, until, Terms())
        if label is not None and label.value == 1:
            against = [j for j in votes(stands(case)) if j.verdict == Verdict.VIOLATES]
            violating[number, topic] = against[-1].number
    return violating


def standing(topic: str | None, until: datetime) -> QuerySet[ImportedDecision]:
    """Give the past decisions taken by a time, where no moderator of ours had decided by then."""
    rows = ImportedDecision.objects.filter(decided_at__lte=until)
    if topic is not None:
        rows = rows.filter(topic=topic)
    ours = Decision.objects.filter(
        alert__topic=OuterRef("topic"),
        alert__listing_version__listing_id=OuterRef("listing_id"),
        verdict__in=_CLEAR,
        decided_at__lte=until,
    ).exclude(alert__purpose=Purpose.GOLDEN)
    return rows.exclude(Exists(ours.exclude(replaced_by__decided_at__lte=until)))


def _labels(
    rows: QuerySet[ImportedDecision], key: str, until: datetime, terms: Terms, along: bool = False
) -> Iterator[tuple[str, Label]]:
    ordered = rows.order_by(key, "topic", "decided_at", "pk")
    text = ("imported_listing__payload",) if along else ()
    columns = ordered.values_list(key, *_COLUMNS, *text).iterator(chunk_size=CHUNK)
    for (number, _), group in groupby(columns, lambda row: (row[0], row[2])):
        case = list(group)
        judgements = _judgements(number, (row[1:6] for row in case))
        label = label_of(judgements, until, Terms(maturity=terms.maturity))
        if label is not None:
            yield case[0][-1] if along else "", label


def _judgements(
    version: int, rows: Iterable[tuple[int, str, int, str, datetime]]
) -> list[Judgement]:
    """Read the past decisions of a case, oldest first; reviewers' numbers are nobody's account."""
    last: dict[int, int] = {}
    judgements = []
    for number, topic, reviewer, verdict, at in rows:
        judgements.append(
            Judgement(
                number=number,
                alert=0,
                version=version,
                topic=topic,
                moderator=-reviewer,
                verdict=Verdict(verdict),
                at=at,
                replaces=last.get(reviewer),
            )
        )
        last[reviewer] = number
    return judgements
