"""The earlier decisions that a listing's hits say it repeats."""

from __future__ import annotations

from datetime import datetime  # read by msgspec when the type is used
from typing import TYPE_CHECKING

import msgspec

from mimawari.service.review.models import Decision
from mimawari.service.scoring.relistings import decision_in

if TYPE_CHECKING:
    from collections.abc import Sequence


class EarlierDecision(msgspec.Struct, frozen=True):
    """A decision on the listing that another one repeats; the moderator is a number.

    ``clause`` is its key in the topic file of ``policy_version``; ``undone`` says that the
    decision was taken back since.
    """

    decision: int
    listing_id: str
    version: int
    clause: str | None
    policy_version: int
    moderator: int
    decided_at: datetime
    undone: bool = False


def repeated(hits: Sequence[str], topic: str) -> list[EarlierDecision]:
    """Give the decisions that hits of a topic name, in their order."""
    numbers = [number for hit in hits if (number := decision_in(hit, topic)) is not None]
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
