"""Which listing versions an event of the ledger tells of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mimawari.records.action import REVERSED, TAKEN
from mimawari.service.actions.models import Action
from mimawari.service.admission.event_kinds import ALERT
from mimawari.service.audit.bulk import numbers
from mimawari.service.audit.event_kinds import ERASURE, REMOVAL, ROWS, Erasure, Removal, Rows
from mimawari.service.intake.event_kinds import LISTINGS
from mimawari.service.review.event_kinds import DECISION, UNDO

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from mimawari.service.delivery.sealed_events import SealedEvent

ACTIONS = (TAKEN, REVERSED)
OF_ALERTS = (ALERT.name, DECISION.name, UNDO.name)
KINDS = (ROWS.name, *OF_ALERTS, *ACTIONS, ERASURE.name, REMOVAL.name)


class _OfVersion(msgspec.Struct, frozen=True):
    """What alerts and decisions have in common."""

    listing_version: int


def versions_in(events: Sequence[SealedEvent]) -> set[int]:
    """Give the numbers of all versions that events tell of."""
    versions: set[int] = set()
    for event in events:
        if event.kind in OF_ALERTS:
            versions.add(msgspec.json.decode(event.details, type=_OfVersion).listing_version)
        else:
            versions |= _in_rows(event)
    return versions | _acted_on([int(e.subject) for e in events if e.kind in ACTIONS])


def _in_rows(event: SealedEvent) -> set[int]:
    if event.subject == LISTINGS.name and event.kind == ROWS.name:
        return set(numbers(msgspec.json.decode(event.details, type=Rows).ids))
    if event.subject == LISTINGS.name and event.kind == ERASURE.name:
        return set(msgspec.json.decode(event.details, type=Erasure).rows)
    if event.kind == REMOVAL.name:
        removed = msgspec.json.decode(event.details, type=Removal).rows
        return set(numbers(removed.get(LISTINGS.name, ())))
    return set()


def _acted_on(actions: Collection[int]) -> set[int]:
    """Give the versions of actions, and of those that they took back or replaced."""
    if not actions:
        return set()
    columns = (
        "listing_version_id",
        "reverses__listing_version_id",
        "replaces__listing_version_id",
    )
    rows = Action.objects.filter(pk__in=actions).values_list(*columns)
    return {number for row in rows for number in row if number is not None}
