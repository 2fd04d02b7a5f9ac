"""All that happened to a listing: versions, pictures, scores, alerts, decisions."""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from mimawari.listings.listing import Listing
from mimawari.records.closing import EndReason  # read by msgspec
from mimawari.service.admission import second_stage_reading
from mimawari.service.admission.models import Alert
from mimawari.service.admission.second_stage_reading import SecondStageRank, ranks_of
from mimawari.service.history.reading import is_known, versions_of
from mimawari.service.intake.models import ListingVersion, State
from mimawari.service.media.models import SnapshotState
from mimawari.service.review.models import Decision
from mimawari.service.scoring.columns import TopicScore, scores_by_topic
from mimawari.service.scoring.models import Score

USUAL = 50
"""Versions of a listing at once: each has its whole text."""
MOST = 200
NEWEST = 2**63 - 1
"""Greater than every version."""
_BESIDE = ("alerts__decisions", "snapshots", "imported_decisions", second_stage_reading.BESIDE)


class PictureKept(msgspec.Struct, frozen=True):
    """What became of a picture's link."""

    url: str
    state: str
    sha256: str | None
    problem: str | None


class VersionScore(msgspec.Struct, frozen=True):
    """What a version was scored with, by topic."""

    generation: int
    scored_at: datetime
    picture_text: str | None
    topics: dict[str, TopicScore]


class DecisionTaken(msgspec.Struct, frozen=True):
    """What a moderator decided; the moderator is a pseudonym.

    ``clause`` is what is violated, of the policy's version; ``group`` is there where the moderator
    had found the listing.
    """

    verdict: str
    moderator: str
    policy_version: int
    generation: int
    decided_at: datetime
    clause: str | None = None
    group: int | None = None


class PastDecisionTaken(msgspec.Struct, frozen=True):
    """What was decided elsewhere and imported; the reviewer is a pseudonym, no moderator's."""

    topic: str
    verdict: str
    reviewer: str
    decided_at: datetime
    clause: str | None = None


class AlertOpened(msgspec.Struct, frozen=True):
    """An alert, and the decisions on it, oldest first."""

    topic: str
    day: date
    score: float
    state: str
    decisions: list[DecisionTaken]


class ListingEnded(msgspec.Struct, frozen=True):
    """The marketplace's word that the listing ended with this version."""

    reason: EndReason
    ended_at: datetime
    recorded_at: datetime


class VersionHistory(msgspec.Struct, frozen=True):
    """One version of a listing, and what followed."""

    version: int
    received_at: datetime
    state: str
    error: str | None
    listing: Listing
    pictures: list[PictureKept]
    score: VersionScore | None
    alerts: list[AlertOpened]
    ended: ListingEnded | None = None
    imported: list[PastDecisionTaken] = []
    second_stage: list[SecondStageRank] = []


class ListingHistory(msgspec.Struct, frozen=True):
    """Versions of a listing with their scores, alerts and decisions, newest first.

    ``next_before`` is None where these are the oldest; else the number before which the others
    are asked for.
    """

    listing_id: str
    versions: list[VersionHistory]
    next_before: int | None = None


def history_of(listing_id: str, before: int = NEWEST, most: int = USUAL) -> ListingHistory | None:
    """Give the history of one listing, newest version first; None if unknown.

    Parameters
    ----------
    before
        Only of versions older than this one.
    """
    rows = versions_of(listing_id, before, most + 1, _BESIDE)
    versions = [_version(row) for row in rows]
    if not versions and (before == NEWEST or not is_known(listing_id)):
        return None
    more = versions[most - 1].version if len(versions) > most else None
    return ListingHistory(listing_id, versions[:most], more)


def _version(row: ListingVersion) -> VersionHistory:
    score = getattr(row, "score", None)
    pictures = sorted(row.snapshots.all(), key=lambda picture: picture.position)
    return VersionHistory(
        version=row.version,
        received_at=row.received_at,
        state=State(row.state).name.lower(),
        error=row.error or None,
        listing=msgspec.json.decode(row.payload, type=Listing),
        pictures=[
            PictureKept(
                url=picture.url,
                state=SnapshotState(picture.state).name.lower(),
                sha256=picture.picture_id,
                problem=picture.problem or None,
            )
            for picture in pictures
        ],
        score=None if score is None else _score(score),
        alerts=[_alert(alert) for alert in row.alerts.all()],
        ended=_ended(row),
        imported=[
            PastDecisionTaken(
                past.topic,
                past.verdict,
                f"imported-{past.reviewer_id}",
                past.decided_at,
                past.clause,
            )
            for past in sorted(row.imported_decisions.all(), key=lambda past: past.pk)
        ],
        second_stage=ranks_of(row),
    )


def _ended(row: ListingVersion) -> ListingEnded | None:
    ending = getattr(row, "ending", None)
    if ending is None:
        return None
    return ListingEnded(
        msgspec.convert(str(ending.reason), EndReason), ending.ended_at, ending.recorded_at
    )


def _score(row: Score) -> VersionScore:
    return VersionScore(
        generation=row.generation_id,
        scored_at=row.scored_at,
        picture_text=row.picture_text or None,
        topics=scores_by_topic(row),
    )


def _alert(alert: Alert) -> AlertOpened:
    decisions = sorted(alert.decisions.all(), key=lambda decision: decision.pk)
    return AlertOpened(
        topic=alert.topic,
        day=alert.day,
        score=round(alert.score, 6),
        state=alert.state,
        decisions=[_decision(decision) for decision in decisions],
    )


def _decision(decision: Decision) -> DecisionTaken:
    return DecisionTaken(
        verdict=decision.verdict,
        moderator=f"moderator-{decision.moderator_id}",
        policy_version=decision.policy_version,
        generation=decision.generation_id,
        decided_at=decision.decided_at,
        clause=decision.clause,
        group=decision.group_id,
    )
