"""Take the text out of listing versions and all that was made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mimawari.listings.listing import Listing
from mimawari.records.closing import Closing
from mimawari.service.actions.hiding import settle
from mimawari.service.admission.event_kinds import record_closed
from mimawari.service.admission.models import (
    WAITING,
    Alert,
    AlertState,
    Answer,
    AnswerState,
    Place,
    Purpose,
    Question,
)
from mimawari.service.audit.erase import forget_rows
from mimawari.service.erasure.tally import Tally
from mimawari.service.intake.event_kinds import LISTINGS
from mimawari.service.intake.models import ListingVersion, State
from mimawari.service.media.models import Snapshot
from mimawari.service.media.unused import remove_unused
from mimawari.service.platform import clock
from mimawari.service.retention.delete import delete_rows
from mimawari.service.review.written import erase_written
from mimawari.service.scoring.event_kinds import SCORES
from mimawari.service.scoring.explaining import LATER
from mimawari.service.scoring.models import (
    Candidate,
    CandidateState,
    KnownViolation,
    Rescore,
    Score,
)
from mimawari.service.search import erasing_lock
from mimawari.service.search.forget import forget_versions

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from mimawari.records.principal import Principal

TITLE = "(erased)"
UNDER_WAY = (CandidateState.WAITING, CandidateState.IN_ROUND, CandidateState.HELD)


def erase_versions(
    seller_id: str, numbers: Collection[int], principal: Principal, reason: str
) -> Tally:
    """Erase those of the versions that are the seller's still, within the caller's transaction."""
    erasing_lock.hold()
    rows = ListingVersion.objects.filter(pk__in=numbers, seller_id=seller_id).order_by("pk")
    # Held before anything else is read: what is being written to them is there by then. Whoever
    # opens an alert on one need not wait.
    versions = list(rows.select_for_update(no_key=True).only("listing_id", "version"))
    mine = [version.pk for version in versions]
    tally = Tally(versions=len(mine))
    for table in (LISTINGS, SCORES):
        forget_rows(table, mine, principal, reason)
    tally.scores = Score.objects.filter(pk__in=mine).update(picture_text="", rule_hits=[])
    Rescore.objects.filter(listing_version__in=mine).update(picture_text="", rule_hits=[])
    KnownViolation.objects.filter(listing_version__in=mine).update(
        digest=None, hashes=b"", withdrawn=True, changed_at=clock.database_now()
    )
    _erase_candidates(mine, tally, principal)
    tally.questions = _erase_questions(mine)
    _erase_pictures(mine, tally)
    erase_written(mine, principal, reason)
    forget_versions(mine)
    _blank(versions)
    return tally


def _erase_candidates(numbers: Sequence[int], tally: Tally, principal: Principal) -> None:
    """Take explanations out, and close what nobody can judge any more.

    An item of a trial stays open: its comparison waits for a verdict.
    """
    candidates = Candidate.objects.filter(listing_version__in=numbers)
    candidates.filter(state__in=UNDER_WAY).update(state=CandidateState.SUPERSEDED)
    explained = candidates.exclude(explanation=None).exclude(explanation=LATER)
    tally.explanations = explained.update(explanation=LATER)
    candidates.filter(explanation=None).update(explanation=LATER)  # nobody explains it now
    alerts = Alert.objects.filter(listing_version__in=numbers, state__in=WAITING)
    # Locked: what is decided at this moment is not closed.
    waiting = list(alerts.exclude(purpose=Purpose.TRIAL).order_by("pk").select_for_update())
    closed = [alert.pk for alert in waiting]
    Alert.objects.filter(pk__in=closed).update(state=AlertState.SUPERSEDED)
    record_closed(((alert, Closing.ERASED) for alert in waiting), principal)
    settle(closed, clock.database_now())
    tally.alerts = len(closed)


def _erase_questions(numbers: Sequence[int]) -> int:
    """Take out what a second stage was asked and said; nobody asks, or takes it over, any more.

    What is being asked at this moment is written to nothing: its row is another's by then.
    """
    questions = Question.objects.filter(listing_version__in=numbers)
    questions.update(place=Place.OUT, awaits=False)
    answers = Answer.objects.filter(listing_version__in=numbers).order_by("pk")
    rows = list(answers.select_for_update().values_list("pk", flat=True))
    written = Answer.objects.filter(pk__in=rows)
    written.filter(state=AnswerState.LEASED).update(state=AnswerState.FAILED)
    written.update(key="", why="", problem="")
    return len(rows)


def _erase_pictures(numbers: Sequence[int], tally: Tally) -> None:
    snapshots = Snapshot.objects.filter(listing_version__in=numbers)
    shown = {name for name in snapshots.values_list("picture_id", flat=True) if name}
    tally.snapshots = delete_rows(numbers, (Snapshot,))[Snapshot._meta.label]
    tally.pictures = remove_unused(shown)
    tally.shared = shown - tally.pictures


def _blank(versions: Sequence[ListingVersion]) -> None:
    """Leave of versions what names them."""
    for version in versions:
        blank = Listing(id=version.listing_id, version=version.version, seller_id="", title=TITLE)
        version.payload = msgspec.json.encode(blank).decode()
    ListingVersion.objects.bulk_update(versions, ("payload",), batch_size=500)
    rows = ListingVersion.objects.filter(pk__in=[version.pk for version in versions])
    rows.update(seller_id="", error="", state=State.ERASED, lease=None, leased_until=None)
