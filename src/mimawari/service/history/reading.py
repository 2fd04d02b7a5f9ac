"""Listing versions and scores, wherever they are: nobody who asks has to know.

What the database holds goes before what the files hold, so nothing is given twice. A closed day's
scores are those of its files, whatever rows of it are left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from django.db.models import prefetch_related_objects

from mimawari.datasets.history.columns import rows_of
from mimawari.datasets.history.files import read_where
from mimawari.datasets.history.index import may_have
from mimawari.datasets.history.reading import DayScores, topic_scores
from mimawari.datasets.history.sent import sent_rows
from mimawari.service.history.days import closed_day, file_of, manifests_of, moved_days
from mimawari.service.history.instances import version_of
from mimawari.service.history.models import Cause
from mimawari.service.intake.models import ListingVersion, State
from mimawari.service.releases.models import Generation
from mimawari.service.scoring.models import Score

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from mimawari.datasets.history.rows import ScoredVersion
    from mimawari.records.manifest import Manifest
    from mimawari.service.history.models import ClosedDay

_CHUNK = 20_000


def versions_of(
    listing_id: str, before: int | None, most: int, prefetch: Sequence[str]
) -> list[ListingVersion]:
    """Give the newest versions of a listing with their scores and ends, newest first.

    Those that left the database are as they were, but are not saved: only read them.

    Parameters
    ----------
    before
        Only of versions older than this one.
    prefetch
        What belongs to versions and is read with them.

    Raises
    ------
    InvalidInputError
        A file of a closed day is missing or damaged.
    """
    known = ListingVersion.objects.filter(listing_id=listing_id).order_by("-version")
    rows = known if before is None else known.filter(version__lt=before)
    rows = rows.select_related("score__generation", "ending")
    moved = _moved_of(listing_id)
    if not moved:
        return list(rows.prefetch_related(*prefetch)[:most])
    newest = max(moved[0][1].version, known.values_list("version", flat=True).first() or 0)
    asked = [pair for pair in moved if before is None or pair[1].version < before]
    versions = [*rows[:most], *(_instance(*pair, newest) for pair in asked[:most])]
    versions = sorted(versions, key=lambda version: -version.version)[:most]
    _give_generations(versions)
    prefetch_related_objects(versions, *prefetch)
    return versions


def is_known(listing_id: str) -> bool:
    """Whether any version of a listing is there."""
    known = ListingVersion.objects.filter(listing_id=listing_id).exists()
    return known or bool(_moved_of(listing_id))


def _moved_of(listing_id: str) -> list[tuple[ClosedDay, ScoredVersion]]:
    """Give the scores of versions that left the database, with their days, newest first."""
    tables = []
    for row in moved_days():
        if may_have(file_of(row, "listings"), listing_id):
            table = read_where(file_of(row, "scores"), "listing_id", listing_id, listing_id)
            if len(table):
                tables.append((row, table))
    generations = {n for _, table in tables for n in table["generation"].to_numpy().tolist()}
    manifests = manifests_of(generations) if tables else {}
    moved = {
        scored.number: (row, scored)
        for row, table in tables
        for scored in rows_of(table, manifests)
    }
    if moved:
        there = ListingVersion.objects.filter(pk__in=moved)
        for number in there.values_list("pk", flat=True):
            del moved[number]
    return sorted(moved.values(), key=lambda pair: -pair[1].version)


def _instance(day: ClosedDay, scored: ScoredVersion, newest: int) -> ListingVersion:
    """Give a version of a listing whose newest one is known."""
    number = scored.number
    (sent,) = sent_rows(read_where(file_of(day, "sent"), "number", number, number))
    version = version_of(sent, scored)
    if version.state == State.SCORED and version.version < newest:
        version.state = State.SUPERSEDED
    return version


def _give_generations(versions: Sequence[ListingVersion]) -> None:
    """Give scores that were read from files their generations, with one query."""
    lacking = [v for v in versions if v._state.adding and hasattr(v, "score")]
    rows = Generation.objects.in_bulk({version.score.generation_id for version in lacking})
    for version in lacking:
        version.score.generation = rows[version.score.generation_id]


def day_scores(day: date, topic: str) -> DayScores:
    """Give what competed for a topic on a day, by version: of the files once it is closed.

    Raises
    ------
    InvalidInputError
        A file of the day is missing or damaged.
    """
    row = closed_day(day)
    if row is not None and row.cause != Cause.REMOVED:
        return topic_scores(file_of(row, "scores"), topic)
    numbers, scores = [np.empty(0, np.int64)], [np.empty(0, np.float32)]
    places = {
        number: manifest.topic_order.index(topic)
        for number, manifest in _manifests(day).items()
        if topic in manifest.topic_order
    }
    after = 0
    rows = Score.objects.filter(day=day, generation__in=places).order_by("pk")
    while page := list(
        rows.filter(pk__gt=after).values_list("pk", "generation_id", "scores")[:_CHUNK]
    ):
        after = page[-1][0]
        values = np.array(
            [np.frombuffer(packed, "<f4")[places[number]] for _, number, packed in page], "<f4"
        )
        scored = ~np.isnan(values)
        numbers.append(np.array([row[0] for row in page], np.int64)[scored])
        scores.append(values[scored])
    return DayScores(np.concatenate(numbers), np.concatenate(scores))


def _manifests(day: date) -> dict[int, Manifest]:
    known = Score.objects.filter(day=day).order_by("generation_id")
    return dict(manifests_of(known.values_list("generation_id", flat=True).distinct()))
