"""Candidates that wait for a topic and day, and which of them policy spares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.db import connection

from mimawari.service.catalogue.standings import Sparing, standings_of
from mimawari.service.intake.models import State
from mimawari.service.scoring.models import Candidate, CandidateState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from mimawari.records.manifest import TopicEntry

# Candidates of a topic and day merged in one transaction.
MOST = 5_000


class Waiting(msgspec.Struct, frozen=True):
    """A candidate that waits; gone is one whose listing was edited or ended meanwhile."""

    id: int
    version: int
    score: float
    probability: float | None
    in_round: bool
    listing_id: str
    seller_id: str
    gone: bool


COLUMNS = (
    *("id", "listing_version_id", "score", "probability", "in_round"),
    "listing_version__listing_id",
    "listing_version__seller_id",
    "listing_version__state",
    "listing_version__ending__reason",
)
"""What `waiting_of` takes of a candidate."""
Row = tuple[int, int, float, float | None, bool, str, str, int, str | None]


def waiting_of(row: Row) -> Waiting:
    """Make one of a candidate's `COLUMNS`."""
    number, version, score, probability, in_round, listing_id, seller_id, state, ended = row
    return Waiting(
        id=number,
        version=version,
        score=score,
        probability=probability,
        in_round=in_round,
        listing_id=listing_id,
        seller_id=seller_id,
        gone=state == State.SUPERSEDED or ended is not None,
    )


def waiting_candidates(topic: str, day: date) -> list[Waiting]:
    """Give what waits, the oldest first, held until the transaction ends."""
    rows = Candidate.objects.filter(topic=topic, day=day, state=CandidateState.WAITING)
    if connection.features.has_select_for_update:
        rows = rows.select_for_update(of=("self",))
    return [waiting_of(row) for row in rows.order_by("id").values_list(*COLUMNS)[:MOST]]


def spared(
    topic: str, entry: TopicEntry | None, waiting: Sequence[Waiting], now: datetime
) -> set[int]:
    """Give what competes for no place: its seller is trusted or exempt, as policy says now."""
    if entry is None:
        return set()
    standings = standings_of([candidate.seller_id for candidate in waiting])
    sparing = Sparing.of(topic, entry, standings, now)
    return {
        candidate.version
        for candidate in waiting
        if sparing.spares(candidate.seller_id, candidate.score)
    }
