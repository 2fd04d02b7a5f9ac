"""Rows that left the database as the objects that pages and the API read, not saved anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.service.intake.models import Ending, ListingVersion, State
from mimawari.service.media.models import Snapshot, SnapshotState
from mimawari.service.scoring.models import Score

if TYPE_CHECKING:
    from mimawari.datasets.history.rows import ScoredVersion, SentVersion


def version_of(sent: SentVersion, scored: ScoredVersion) -> ListingVersion:
    """Give a version with its scores, its end and its pictures; its generation is not read."""
    version = ListingVersion(
        pk=sent.number,
        listing_id=sent.listing_id,
        version=sent.version,
        seller_id=sent.seller_id,
        payload=sent.payload,
        received_at=sent.received_at,
        state=State.ERASED if sent.erased else State.SCORED,
    )
    score = Score(
        listing_version=version,
        generation_id=scored.generation,
        day=scored.day,
        scored_at=scored.scored_at,
        scores=scored.scores,
        rule_scores=scored.rule_scores,
        model_scores=scored.model_scores,
        refined=scored.refined,
        in_canary=scored.in_canary,
        rule_hits=sent.rule_hits,
        picture_text=sent.picture_text,
    )
    _put(version, "score", score)
    _put(version, "ending", _ending(version, sent))
    pictures = Snapshot.objects.none()
    pictures._result_cache = [_snapshot(version, sent, i) for i in range(len(sent.pictures))]
    # Where Django keeps what was read ahead, so that nobody asks the database for it.
    version._prefetched_objects_cache = {"snapshots": pictures}  # type: ignore[attr-defined]
    return version


def _put(version: ListingVersion, name: str, value: Score | Ending | None) -> None:
    """Set what belongs to a version; None says that nothing does."""
    ListingVersion._meta.get_field(name).set_cached_value(version, value)  # type: ignore[union-attr]


def _ending(version: ListingVersion, sent: SentVersion) -> Ending | None:
    if (ended := sent.ended) is None:
        return None
    return Ending(
        listing_version=version,
        reason=ended.reason,
        ended_at=ended.ended_at,
        recorded_at=ended.recorded_at,
        principal_kind=ended.principal_kind,
        principal=ended.principal,
    )


def _snapshot(version: ListingVersion, sent: SentVersion, place: int) -> Snapshot:
    shown = sent.pictures[place]
    return Snapshot(
        listing_version=version,
        position=shown.position,
        url=shown.url,
        state=SnapshotState[shown.state.upper()],
        picture_id=shown.sha256,
        problem=shown.problem,
    )
