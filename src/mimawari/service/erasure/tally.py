"""What an erasure took out, or would."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mimawari.service.admission.models import WAITING, Alert, Answer, Purpose
from mimawari.service.data_sets.forgetting import artifacts_with
from mimawari.service.edge_cases.erasing import count_of as edge_cases_of
from mimawari.service.history.erasing import count_of
from mimawari.service.intake.models import ListingVersion
from mimawari.service.media.models import Snapshot
from mimawari.service.review.models import ImportedListing
from mimawari.service.scoring.explaining import LATER
from mimawari.service.scoring.models import Candidate, Score

if TYPE_CHECKING:
    from mimawari.service.history.erasing import Erased

CHUNK = 10_000  # identifiers a query: SQLite allows 32,766


class Tally(msgspec.Struct):
    """What was taken out.

    Parameters
    ----------
    versions, scores, explanations
        How many listing versions, scores and explanations lost their text.
    snapshots
        How many notes of pictures were deleted.
    pictures
        Kept pictures that are removed with their files.
    shared
        Kept pictures that stay: other sellers' listings show them.
    alerts
        How many open alerts were closed.
    imported
        How many listings that came with past decisions lost their text.
    data_sets
        How many data sets lost their rows.
    history
        How many versions lost their text in the files of closed days.
    edge_cases
        How many edge cases lost their listing.
    questions
        How many answers of second stages lost their text.
    """

    versions: int = 0
    scores: int = 0
    explanations: int = 0
    snapshots: int = 0
    pictures: set[str] = msgspec.field(default_factory=set)
    shared: set[str] = msgspec.field(default_factory=set)
    alerts: int = 0
    imported: int = 0
    data_sets: int = 0
    history: int = 0
    edge_cases: int = 0
    questions: int = 0

    def add(self, other: Tally) -> None:
        """Add up; a picture that was shared among the seller's own listings goes with the last."""
        self.versions += other.versions
        self.scores += other.scores
        self.explanations += other.explanations
        self.snapshots += other.snapshots
        self.alerts += other.alerts
        self.imported += other.imported
        self.data_sets += other.data_sets
        self.history += other.history
        self.edge_cases += other.edge_cases
        self.questions += other.questions
        self.pictures |= other.pictures
        self.shared = (self.shared | other.shared) - self.pictures

    def add_history(self, erased: Erased) -> None:
        """Add what was taken out of the files of closed days."""
        self.history += erased.versions
        self.pictures |= erased.pictures
        self.shared -= self.pictures


def count(seller_id: str) -> Tally:
    """Count what an erasure of a seller would take out."""
    snapshots = Snapshot.objects.filter(listing_version__seller_id=seller_id)
    shown = set(snapshots.exclude(picture=None).values_list("picture_id", flat=True))
    shared = _shown_by_others(sorted(filter(None, shown)), seller_id)
    candidates = Candidate.objects.filter(listing_version__seller_id=seller_id)
    alerts = Alert.objects.filter(listing_version__seller_id=seller_id, state__in=WAITING)
    return Tally(
        versions=ListingVersion.objects.filter(seller_id=seller_id).count(),
        scores=Score.objects.filter(listing_version__seller_id=seller_id).count(),
        explanations=candidates.exclude(explanation=None).exclude(explanation=LATER).count(),
        snapshots=snapshots.count(),
        pictures={name for name in shown if name is not None} - shared,
        shared=shared,
        alerts=alerts.exclude(purpose=Purpose.TRIAL).count(),
        imported=ImportedListing.objects.filter(seller_id=seller_id).count(),
        data_sets=sum(1 for _ in artifacts_with(seller_id)),
        history=count_of(seller_id),
        edge_cases=edge_cases_of(seller_id),
        questions=Answer.objects.filter(listing_version__seller_id=seller_id).count(),
    )


def _shown_by_others(names: list[str], seller_id: str) -> set[str]:
    shared: set[str] = set()
    for start in range(0, len(names), CHUNK):
        rows = Snapshot.objects.filter(picture_id__in=names[start : start + CHUNK])
        others = rows.exclude(listing_version__seller_id=seller_id)
        shared |= {name for name in others.values_list("picture_id", flat=True) if name}
    return shared
