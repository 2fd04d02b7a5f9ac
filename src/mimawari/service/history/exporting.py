"""Read a day's scored versions from the log, in the order of their numbers."""

from __future__ import annotations

from datetime import date, datetime  # read by msgspec
from typing import TYPE_CHECKING, NamedTuple

import msgspec
from django.db.models import Max, Min

from mimawari.datasets.history.rows import Ended, ScoredVersion, SentVersion, ShownPicture
from mimawari.service.admission.models import Alert
from mimawari.service.intake.models import State
from mimawari.service.media.models import Snapshot, SnapshotState
from mimawari.service.scoring.models import Score

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = 5_000


class _Row(NamedTuple):
    """Columns of a version, its end and its scores; the names are those of the tables."""

    pk: int
    listing_version__listing_id: str
    listing_version__version: int
    listing_version__seller_id: str
    listing_version__payload: str
    listing_version__received_at: datetime
    listing_version__state: int
    listing_version__ending__reason: str | None
    listing_version__ending__ended_at: datetime
    listing_version__ending__recorded_at: datetime
    listing_version__ending__principal_kind: str
    listing_version__ending__principal: str
    generation_id: int
    day: date
    scored_at: datetime
    scores: bytes
    rule_scores: bytes
    model_scores: bytes
    refined: bytes
    in_canary: bytes
    rule_hits: list[str]
    picture_text: str


class DaySpan(msgspec.Struct, frozen=True):
    """What a day consists of in the log; numbers and times are the first and the last."""

    versions: int
    first: int
    last: int
    first_received: datetime
    last_received: datetime
    generations: tuple[int, ...]
    alerted: frozenset[str]


def span_of(day: date) -> DaySpan | None:
    """Look what of a day is in the log; None where nothing was scored on it."""
    scores = Score.objects.filter(day=day)
    ends = scores.aggregate(
        first=Min("pk"),
        last=Max("pk"),
        first_received=Min("listing_version__received_at"),
        last_received=Max("listing_version__received_at"),
    )
    if ends["first"] is None:
        return None
    generations = scores.order_by("generation_id").values_list("generation_id", flat=True)
    alerts = Alert.objects.filter(
        listing_version__gte=ends["first"], listing_version__lte=ends["last"]
    )
    return DaySpan(
        versions=scores.count(),
        **ends,
        generations=tuple(generations.distinct()),
        alerted=frozenset(alerts.values_list("topic", flat=True).distinct()),
    )


def pages_of(day: date, span: DaySpan) -> Iterator[tuple[list[ScoredVersion], list[SentVersion]]]:
    """Yield a day's versions some at a time: no cursor is held open while others write."""
    after = span.first - 1
    while True:
        scores = Score.objects.filter(day=day, pk__gt=after, pk__lte=span.last)
        page = [_Row(*row) for row in scores.order_by("pk").values_list(*_Row._fields)[:PAGE]]
        if not page:
            return
        after = page[-1].pk
        alerted = _alerted(page[0].pk, after)
        scored = [_scored(row, tuple(sorted(alerted.get(row.pk, ())))) for row in page]
        pictures = _pictures(page[0].pk, after)
        yield scored, [_sent(row, tuple(pictures.get(row.pk, ()))) for row in page]


def _alerted(first: int, last: int) -> dict[int, set[str]]:
    topics: dict[int, set[str]] = {}
    alerts = Alert.objects.filter(listing_version__gte=first, listing_version__lte=last)
    for number, topic in alerts.values_list("listing_version_id", "topic"):
        topics.setdefault(number, set()).add(topic)
    return topics


def _pictures(first: int, last: int) -> dict[int, list[ShownPicture]]:
    shown: dict[int, list[ShownPicture]] = {}
    snapshots = Snapshot.objects.filter(listing_version__gte=first, listing_version__lte=last)
    for row in snapshots.order_by("listing_version_id", "position").iterator():
        state = SnapshotState(row.state).name.lower()
        picture = ShownPicture(row.position, row.url, state, row.picture_id, row.problem)
        shown.setdefault(row.listing_version_id, []).append(picture)
    return shown


def _scored(row: _Row, alerted: tuple[str, ...]) -> ScoredVersion:
    return ScoredVersion(
        number=row.pk,
        listing_id=row.listing_version__listing_id,
        version=row.listing_version__version,
        received_at=row.listing_version__received_at,
        generation=row.generation_id,
        day=row.day,
        scored_at=row.scored_at,
        scores=bytes(row.scores),
        rule_scores=bytes(row.rule_scores),
        model_scores=bytes(row.model_scores),
        refined=bytes(row.refined),
        in_canary=bytes(row.in_canary),
        alerted=alerted,
    )


def _sent(row: _Row, pictures: tuple[ShownPicture, ...]) -> SentVersion:
    reason = row.listing_version__ending__reason
    ended = reason and Ended(
        reason,
        row.listing_version__ending__ended_at,
        row.listing_version__ending__recorded_at,
        row.listing_version__ending__principal_kind,
        row.listing_version__ending__principal,
    )
    return SentVersion(
        number=row.pk,
        listing_id=row.listing_version__listing_id,
        version=row.listing_version__version,
        seller_id=row.listing_version__seller_id,
        received_at=row.listing_version__received_at,
        payload=row.listing_version__payload,
        rule_hits=row.rule_hits,
        picture_text=row.picture_text,
        ended=ended or None,
        pictures=pictures,
        erased=row.listing_version__state == State.ERASED,
    )
