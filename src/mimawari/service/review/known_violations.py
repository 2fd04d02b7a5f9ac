"""Tells scorers what was found to violate, so that a relisting of it is recognised.

Beside decisions, not within them: a moderator's key press waits for no sketch of a text.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from django.db import transaction
from django.db.models import Max

from mimawari.listings.duplicates.shingles import digests
from mimawari.listings.media.hashes import LEAST_QUALITY
from mimawari.listings.normalise import canonical
from mimawari.records.label import Terms, Verdict, label_of, standing, votes
from mimawari.service.intake.models import ListingVersion, State
from mimawari.service.intake.scored import scored_listing
from mimawari.service.media.models import Snapshot, SnapshotState
from mimawari.service.platform import clock
from mimawari.service.releases.in_force import confirmed_topics
from mimawari.service.review.imported import violations
from mimawari.service.review.judgements import by_case
from mimawari.service.review.models import Decision, ImportedDecision, ImportedListing
from mimawari.service.scoring.models import KnownViolation

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from django.db.models import QuerySet

PAGE = 1_000
"""Decisions looked at in one transaction. So many are looked at again whenever there are new ones:
a lower number may be committed later."""
SECONDS = 2.0

Case = tuple[int, str]
T = TypeVar("T")


class KnownViolationKeeper:
    """Follows decisions, ours and imported ones; begins with the first after a start.

    That repeats what is known.
    """

    def __init__(self) -> None:
        self._ours = _Followed(Decision.objects.all(), "alert__listing_version__listing_id")
        self._past = _Followed(ImportedDecision.objects.all(), "listing_id")

    def refresh(self) -> bool:
        """Take in a page of decisions of each kind; False where there was none."""
        pages = [followed.page() for followed in (self._ours, self._past)]
        listings = {listing for page in pages for _, listing in page}
        with transaction.atomic():
            for part in _parts(sorted(listings)):
                _take_in(part)
        for followed, page in zip((self._ours, self._past), pages, strict=True):
            followed.go_on(page)
        return bool(listings)

    def work(self) -> None:
        """Take in what there is, for a few seconds at most: other jobs wait."""
        until = time.monotonic() + SECONDS
        while self.refresh() and time.monotonic() < until:
            pass


class _Followed:
    """Decisions in the order of their numbers, and how far they were taken in."""

    def __init__(self, rows: QuerySet[Any], listing: str) -> None:
        self._rows, self._listing = rows, listing
        self._behind = self._newest = self._seen = 0

    def page(self) -> list[tuple[int, str]]:
        """Give numbers and listings of what comes next; nothing where nothing is new."""
        self._seen = self._rows.aggregate(newest=Max("pk"))["newest"] or 0
        if self._seen == self._newest:
            return []
        rows = self._rows.filter(pk__gt=self._behind).order_by("pk")
        return list(rows.values_list("pk", self._listing)[: 2 * PAGE])

    def go_on(self, page: Sequence[tuple[int, str]]) -> None:
        """Go on after a page that was taken in."""
        if self._seen == self._newest:
            return
        last = page[-1][0] if page else self._seen
        if len(page) < 2 * PAGE:
            self._newest = self._seen
        self._behind = max(self._behind, last - PAGE)


class Source(NamedTuple):
    """The decision that says a case violates; ``past`` where it was taken elsewhere."""

    decision: int
    past: bool


def _take_in(listings: Collection[str]) -> None:
    """Remember the cases of some listings that violate, and withdraw those that do not.

    Past decisions on other versions of a listing, too, count no more once we decided it.
    """
    now = clock.database_now()
    ours = Decision.objects.filter(alert__listing_version__listing_id__in=listings)
    past = ImportedDecision.objects.filter(listing_id__in=listings)
    versions = {*ours.values_list("alert__listing_version_id", flat=True)}
    versions |= {*past.exclude(listing_version=None).values_list("listing_version_id", flat=True)}
    rows = past.exclude(imported_listing=None)
    along = set(rows.values_list("imported_listing_id", flat=True))
    of_versions, of_along = violations(versions, along, now)
    cases = {case: Source(number, True) for case, number in of_versions.items()} | _ours(ours, now)
    # What was erased stays withdrawn, though its decisions stand.
    there = ListingVersion.objects.filter(pk__in=versions).exclude(state=State.ERASED)
    kept = set(there.values_list("pk", flat=True))
    violating = {case: source for case, source in cases.items() if case[0] in kept}
    known = KnownViolation.objects.filter(listing_version__in=versions).defer("digest")
    _write({(row.listing_version_id or 0, row.topic): row for row in known}, violating, now)
    known = KnownViolation.objects.filter(imported__in=along).defer("digest")
    came = {case: Source(number, True) for case, number in of_along.items()}
    _write({(row.imported or 0, row.topic): row for row in known}, came, now, along=True)


def _ours(rows: QuerySet[Decision], now: datetime) -> dict[Case, Source]:
    confirmed = confirmed_topics(now)
    violating = {}
    for case in by_case(rows, now, few=True):
        label = label_of(case, now, Terms(case[0].topic in confirmed))
        if label is not None and label.value == 1:
            against = [j for j in votes(standing(case)) if j.verdict == Verdict.VIOLATES]
            violating[case[0].version, case[0].topic] = Source(against[-1].number, False)
    return violating


def _write(
    known: Mapping[Case, KnownViolation],
    violating: Mapping[Case, Source],
    now: datetime,
    along: bool = False,
) -> None:
    changed = []
    for case, row in known.items():
        source = violating.get(case, Source(row.decision, row.past))
        state = (case not in violating, *source)
        if state != (row.withdrawn, row.decision, row.past):
            (row.withdrawn, row.decision, row.past), row.changed_at = state, now
            changed.append(row)
    KnownViolation.objects.bulk_update(
        changed, ("withdrawn", "decision", "past", "changed_at"), batch_size=500
    )
    fresh = sorted(case for case in violating if case not in known)
    for part in _parts(fresh):
        marks = (_marks_along if along else _marks)({number for number, _ in part})
        KnownViolation.objects.bulk_create(
            KnownViolation(
                listing_version_id=None if along else number,
                imported=number if along else None,
                listing_id=marks[number].listing_id,
                seller_id=marks[number].seller_id,
                topic=topic,
                decision=violating[number, topic].decision,
                past=violating[number, topic].past,
                digest=marks[number].digest,
                hashes=marks[number].hashes,
                changed_at=now,
            )
            for number, topic in part
            if number in marks
        )


class Marks(NamedTuple):
    """What a listing is recognised by: the sketch of its text, its pictures' hashes.

    Whose it is, where no version in the log says so.
    """

    digest: bytes | None
    hashes: bytes = b""
    listing_id: str = ""
    seller_id: str = ""


def _marks(numbers: Collection[int]) -> dict[int, Marks]:
    """Give what versions in the log are recognised by, those not scored by what was sent."""
    rows = ListingVersion.objects.filter(pk__in=numbers).exclude(state=State.ERASED)
    versions = list(rows.select_related("score"))
    texts = [
        scored_listing(v.payload, v.score.picture_text if hasattr(v, "score") else "").text
        for v in versions
    ]
    pictures = _hashes(numbers)
    return {
        version.pk: Marks(digest, pictures.get(version.pk, b""))
        for version, digest in zip(versions, _digests(texts), strict=True)
    }


def _marks_along(numbers: Collection[int]) -> dict[int, Marks]:
    """Give what listings that came with past decisions are recognised by: their text alone."""
    rows = list(ImportedListing.objects.filter(pk__in=numbers).exclude(seller_id=""))
    texts = [scored_listing(row.payload, "").text for row in rows]
    return {
        row.pk: Marks(digest, listing_id=row.listing_id, seller_id=row.seller_id)
        for row, digest in zip(rows, _digests(texts), strict=True)
    }


def _digests(texts: Sequence[str]) -> list[bytes | None]:
    """Sketch texts; None where one says nothing."""
    folded = [canonical(text) for text in texts]
    sketches = digests([text or " " for text in folded])
    return [
        sketch.astype("<u4").tobytes() if text else None
        for text, sketch in zip(folded, sketches, strict=True)
    ]


def _hashes(numbers: Collection[int]) -> dict[int, bytes]:
    rows = Snapshot.objects.filter(
        listing_version__in=numbers,
        state=SnapshotState.KEPT,
        picture__pdq__isnull=False,
        picture__pdq_quality__gte=LEAST_QUALITY,
    )
    hashes: dict[int, bytes] = {}
    columns = rows.order_by("listing_version_id", "position")
    for version, bits in columns.values_list("listing_version_id", "picture__pdq"):
        hashes[version] = hashes.get(version, b"") + bytes(bits or b"")
    return hashes


def _parts(items: Sequence[T]) -> list[Sequence[T]]:
    return [items[at : at + PAGE] for at in range(0, len(items), PAGE)]
