"""What became of a press: the decisions of a group, and those that were not taken."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from mimawari.service.review.event_kinds import group_details
from mimawari.service.review.models import DecisionGroup
from mimawari.service.review.refused import Refused

if TYPE_CHECKING:
    from mimawari.service.accounts.permissions import Authority


class GroupMember(msgspec.Struct, frozen=True):
    """A decision of a group; ``undone`` says that it was taken back since."""

    decision: int
    listing_id: str
    version: int
    undone: bool


class GroupState(msgspec.Struct, frozen=True, kw_only=True):
    """A group as it stands; ``moderator`` is the number of the account whose it is."""

    group: int
    moderator: int
    topic: str
    verdict: str
    clause: str | None
    policy_version: int
    decided_at: datetime
    decided: tuple[GroupMember, ...]
    refused: tuple[Refused, ...]

    @property
    def standing(self) -> int:
        """How many of its decisions stand."""
        return sum(not member.undone for member in self.decided)


def group_state(number: int, authority: Authority, moderator: int | None) -> GroupState | None:
    """Read a group; None where there is none of a topic that concerns who asks.

    Parameters
    ----------
    moderator
        Whose it has to be; anybody's where it is None.
    """
    rows = DecisionGroup.objects.filter(pk=number)
    if moderator is not None:
        rows = rows.filter(moderator_id=moderator)
    group = rows.first()
    if group is None or not authority.concerns(group.topic):
        return None
    return state_of(group)


def state_of(group: DecisionGroup) -> GroupState:
    """Read the decisions of a group."""
    columns = (
        "pk",
        "alert__listing_version__listing_id",
        "alert__listing_version__version",
        "replaced_by",
    )
    decided = tuple(
        GroupMember(number, listing_id, version, replaced_by is not None)
        for number, listing_id, version, replaced_by in group.decisions.order_by("pk").values_list(
            *columns
        )
    )
    return GroupState(
        group=group.pk,
        moderator=group.moderator_id,
        topic=group.topic,
        verdict=str(group.verdict),
        clause=group.clause,
        policy_version=group.policy_version,
        decided_at=group.decided_at,
        decided=decided,
        refused=group_details(group).refused,
    )
