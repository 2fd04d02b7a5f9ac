"""The actions that hold about some listings, and about sellers, while they are changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.records.action import ActionKind, Target, strongest
from mimawari.service.actions.locks import lock_listings, lock_sellers
from mimawari.service.actions.models import Action, Stage, StandingAction

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from django.db.models import QuerySet

    from mimawari.service.intake.models import ListingVersion


class Board:
    """What holds, locked until the transaction ends; changed here first, then in the store.

    Parameters
    ----------
    sellers
        Whose restrictions are looked at too; none where only listings are concerned.
    """

    def __init__(self, listings: Collection[str], sellers: Iterable[str] = ()) -> None:
        lock_listings(listings)
        rows = list(_standing().filter(listing_id__in=listings))
        if named := {seller for seller in sellers if seller}:
            lock_sellers(named)
            known = {row.pk for row in rows}
            restrictions = _standing().filter(
                target=Target.SELLER, action__listing_version__seller_id__in=named
            )
            rows += [row for row in restrictions if row.pk not in known]
        self.rows = rows

    def of(self, listing: str, topic: str, target: Target) -> list[StandingAction]:
        """Give what holds about one target, as one topic asks for."""
        place = (listing, topic, target)
        return [row for row in self.rows if (row.listing_id, row.topic, row.target) == place]

    def restrictions(self, version: ListingVersion) -> list[StandingAction]:
        """Give what holds about the seller of a listing version; of it alone once erased."""
        rows = [row for row in self.rows if row.target == Target.SELLER]
        if not version.seller_id:
            return [row for row in rows if row.listing_id == version.listing_id]
        return [row for row in rows if row.action.listing_version.seller_id == version.seller_id]

    def lift_proposals(self, action: Action) -> list[StandingAction]:
        """Give what proposes to take an action back."""
        return [row for row in self.rows if row.lifts and row.action.lifts_id == action.pk]

    def strongest(self, version: ListingVersion, target: Target) -> ActionKind:
        """Give what is to be done with a listing, or its seller: over all topics."""
        rows = self.restrictions(version) if target == Target.SELLER else self.rows
        return strongest(
            ActionKind(row.action.kind)
            for row in rows
            if row.stage == Stage.IN_FORCE
            and not row.dry_run
            and row.target == target
            and (target == Target.SELLER or row.listing_id == version.listing_id)
        )

    def end(self, *actions: Action | None) -> None:
        """Take off what an action takes back or the place of."""
        self.rows = [row for row in self.rows if row.action not in actions]

    def begin(self, row: StandingAction) -> None:
        """Put on what holds from now on."""
        self.rows.append(row)


def in_stage(rows: Collection[StandingAction], stage: Stage, dry_run: bool) -> Action | None:
    """Give the action of a stage; there is one at most."""
    wanted = (row.action for row in rows if (row.stage, row.dry_run) == (stage, dry_run))
    return next(wanted, None)


def _standing() -> QuerySet[StandingAction]:
    rows = StandingAction.objects.select_related("action__listing_version")
    return rows.defer("action__listing_version__payload")
