"""What the marketplace should do with a listing now: the strongest that holds over all topics.

A listing has one action in force a topic at most. Of these the strongest counts, in the order none,
warn, ask for an edit, hide, delete; what the other topics ask for holds again once it is taken
back. A seller is restricted while any topic asks for it, whatever becomes of a listing.
Proposals and dry runs do not count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mimawari.records.action import ActionKind, Target, strongest
from mimawari.service.actions.models import Stage, StandingAction
from mimawari.service.intake.models import ListingVersion

if TYPE_CHECKING:
    from django.db.models import QuerySet


class Outcome(msgspec.Struct, frozen=True):
    """What is to be done with a listing and its seller, and the actions that say so."""

    listing: str
    action: ActionKind
    seller_restricted: bool
    in_force: tuple[int, ...]


def outcome_of(listing: str) -> Outcome | None:
    """Give what is to be done with a listing; None where it is unknown."""
    newest = ListingVersion.objects.filter(listing_id=listing).order_by("-version")
    seller = newest.values_list("seller_id", flat=True).first()
    if seller is None:
        return None
    about = _in_force(Target.LISTING).filter(listing_id=listing)
    rows = list(about.order_by("pk").values_list("pk", "action__kind"))
    restrictions = restrictions_of(seller)
    return Outcome(
        listing,
        strongest(ActionKind(kind) for _, kind in rows),
        bool(restrictions),
        (*(number for number, _ in rows), *restrictions),
    )


def restrictions_of(seller: str) -> list[int]:
    """Give the actions by which a seller is restricted now."""
    if not seller:  # erased: nothing is known of whoever it was
        return []
    rows = _in_force(Target.SELLER).filter(action__listing_version__seller_id=seller)
    return sorted(rows.values_list("pk", flat=True))


def _in_force(target: Target) -> QuerySet[StandingAction]:
    return StandingAction.objects.filter(target=target, stage=Stage.IN_FORCE, dry_run=False)
