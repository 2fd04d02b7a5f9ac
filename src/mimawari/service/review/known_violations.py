"""Tells scorers what was found to violate, so that a relisting of it is recognised.

Beside decisions, not within them: a moderator's key press waits for no sketch of a text.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from django.db import transaction
from django.db.models import Max

from mimawari.listings.duplicates.shingles import digests
from mimawari.listings.media.hashes import LEAST_QUALITY
from mimawari.listings.normalise import canonical
from mimawari.records.label import Terms, Verdict, label_of, standing, votes
from mimawari.service.intake.models import ListingVersion, State
from mimawari.service.intake.scored import as_scored
from mimawari.service.media.models import Snapshot, SnapshotState
from mimawari.service.platform import clock
from mimawari.service.releases.in_force import confirmed_topics
from mimawari.service.review.judgements import by_case
from mimawari.service.review.models import Decision
from mimawari.service.scoring.models import KnownViolation

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from mimawari.records.label import Judgement

PAGE = 1_000
"""Decisions looked at in one transaction. So many are looked at again whenever there are new ones:
a lower number may be committed later."""
SECONDS = 2.0

Case = tuple[int, str]
T = TypeVar("T")


class KnownViolationKeeper:
    """Follows decisions; begins with the first after a start, which repeats what is known."""

    def __init__(self) -> None:
        self._behind = 0
        self._newest = 0

    def refresh(self) -> bool:
        """Take in a page of decisions; False where there was none."""
        newest = Decision.objects.aggregate(newest=Max("pk"))["newest"] or 0
        if newest == self._newest:
            return False
        rows = Decision.objects.filter(pk__gt=self._behind).order_by("pk")
        page = list(rows.values_list("pk", "alert__listing_version_id")[: 2 * PAGE])
        with transaction.atomic():
            _take_in({version for _, version in page})
        last = page[-1][0] if page else newest
        if len(page) < 2 * PAGE:
            self._newest = newest
        self._behind = max(self._behind, last - PAGE)
        return True

    def work(self) -> None:
        """Take in what there is, for a few seconds at most: other jobs wait."""
        until = time.monotonic() + SECONDS
        while self.refresh() and time.monotonic() < until:
            pass


def _take_in(versions: set[int]) -> None:
    """Remember the cases of some listing versions that violate, and withdraw those that do not."""
    now = clock.database_now()
    confirmed = confirmed_topics(now)
    violating: dict[Case, Judgement] = {}
    for part in _parts(sorted(versions)):
        rows = Decision.objects.filter(alert__listing_version__in=part)
        for case in by_case(rows, now, few=True):
            label = label_of(case, now, Terms(case[0].topic in confirmed))
            if label is not None and label.value == 1:
                against = [j for j in votes(standing(case)) if j.verdict == Verdict.VIOLATES]
                violating[case[0].version, case[0].topic] = against[-1]
    known = {
        (row.listing_version_id, row.topic): row
        for part in _parts(sorted(versions))
        for row in KnownViolation.objects.filter(listing_version__in=part).defer("digest")
    }
    _write(known, violating, now)


def _write(
    known: Mapping[Case, KnownViolation], violating: Mapping[Case, Judgement], now: datetime
) -> None:
    changed = []
    for case, row in known.items():
        judgement = violating.get(case)
        state = (judgement is None, row.decision if judgement is None else judgement.number)
        if state != (row.withdrawn, row.decision):
            (row.withdrawn, row.decision), row.changed_at = state, now
            changed.append(row)
    KnownViolation.objects.bulk_update(
        changed, ("withdrawn", "decision", "changed_at"), batch_size=500
    )
    fresh = {case: j for case, j in violating.items() if case not in known}
    for part in _parts(sorted(fresh)):
        marks = _marks({version for version, _ in part})
        KnownViolation.objects.bulk_create(
            KnownViolation(
                listing_version_id=version,
                topic=topic,
                decision=fresh[version, topic].number,
                digest=marks[version].digest,
                hashes=marks[version].hashes,
                changed_at=now,
            )
            for version, topic in part
            if version in marks
        )


class Marks(NamedTuple):
    """What a version is recognised by: the sketch of its text, its pictures' hashes."""

    digest: bytes | None
    hashes: bytes


def _marks(numbers: Collection[int]) -> dict[int, Marks]:
    rows = ListingVersion.objects.filter(pk__in=numbers).exclude(state=State.ERASED)
    versions = list(rows.exclude(score=None).select_related("score"))
    texts = [canonical(as_scored(version).text) for version in versions]
    sketches = digests([text or " " for text in texts])
    pictures = _hashes(numbers)
    return {
        version.pk: Marks(
            sketch.astype("<u4").tobytes() if text else None, pictures.get(version.pk, b"")
        )
        for version, text, sketch in zip(versions, texts, sketches, strict=True)
    }


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
