"""The earlier decisions that a listing's hits say it repeats."""

from __future__ import annotations

from datetime import datetime  # read by msgspec when the type is used
from typing import TYPE_CHECKING

import msgspec

from mimawari.listings.listing import Listing
from mimawari.service.review.models import Decision, ImportedDecision
from mimawari.service.scoring.relistings import decision_in

if TYPE_CHECKING:
    from collections.abc import Sequence


class EarlierDecision(msgspec.Struct, frozen=True):
    """A decision on the listing that another one repeats; the moderator is a number.

    ``clause`` is its key in the topic file of ``policy_version``; ``undone`` says that the
    decision was taken back since. One that was ``past`` was taken elsewhere, by an imported
    reviewer and under no policy of ours; the log knows its listing where it is ``in_log``.
    """

    decision: int
    listing_id: str
    version: int
    clause: str | None
    policy_version: int | None
    moderator: int
    decided_at: datetime
    undone: bool = False
    past: bool = False
    in_log: bool = True

    @property
    def by(self) -> str:
        """Name who decided, as everybody outside knows them."""
        return f"{'imported' if self.past else 'moderator'}-{self.moderator}"


def repeated(hits: Sequence[str], topic: str) -> list[EarlierDecision]:
    """Give the decisions that hits of a topic name, in their order, past ones last."""
    return [*_ours(_numbers(hits, topic)), *_past(_numbers(hits, topic, past=True))]


def _numbers(hits: Sequence[str], topic: str, past: bool = False) -> list[int]:
    return [number for hit in hits if (number := decision_in(hit, topic, past)) is not None]


def _past(numbers: list[int]) -> list[EarlierDecision]:
    if not numbers:
        return []
    rows = ImportedDecision.objects.filter(pk__in=numbers)
    known = rows.select_related("listing_version", "imported_listing")
    return [
        EarlierDecision(
            row.pk,
            row.listing_id,
            _version(row),
            row.clause,
            None,
            row.reviewer_id,
            row.decided_at,
            past=True,
            in_log=row.listing_version is not None,
        )
        for row in sorted(known, key=lambda row: numbers.index(row.pk))
    ]


def _version(row: ImportedDecision) -> int:
    if row.listing_version is not None:
        return row.listing_version.version
    assert row.imported_listing is not None
    return msgspec.json.decode(row.imported_listing.payload, type=Listing).version


def _ours(numbers: list[int]) -> list[EarlierDecision]:
    if not numbers:
        return []
    rows = Decision.objects.filter(pk__in=numbers).select_related("replaced_by")
    known = rows.select_related("alert__listing_version").defer("alert__listing_version__payload")
    return [
        EarlierDecision(
            row.pk,
            row.alert.listing_version.listing_id,
            row.alert.listing_version.version,
            row.clause,
            row.policy_version,
            row.moderator_id,
            row.decided_at,
            hasattr(row, "replaced_by"),
        )
        for row in sorted(known, key=lambda row: numbers.index(row.pk))
    ]
