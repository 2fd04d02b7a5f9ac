"""Decisions on listings that somebody found, as they are answered, with examples."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mimawari.service.api.answers import Problem
from mimawari.service.review.refused import PROBLEMS

if TYPE_CHECKING:
    from mimawari.service.review.group_reading import GroupState
    from mimawari.service.review.refused import Refused


class ListingDecided(msgspec.Struct, frozen=True):
    """A listing that was decided; ``undone`` says that this was taken back since."""

    listing_id: str
    version: int
    decision: int
    undone: bool


class ListingRefused(msgspec.Struct, frozen=True):
    """A listing that was not decided; ``why`` is one of a few words, ``problem`` says it."""

    listing_id: str
    version: int
    why: str
    problem: Problem


class GroupAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one request; ``group`` is null where nothing could be decided."""

    group: int | None
    topic: str
    verdict: str
    clause: str | None
    policy_version: int | None
    decided: list[ListingDecided]
    refused: list[ListingRefused]


class GroupUndone(msgspec.Struct, frozen=True):
    """The decisions that were taken back just now; none where all were before."""

    group: int
    undone: list[int]


def refused(row: Refused) -> ListingRefused:
    """Say why a listing was not decided."""
    problem, remedy = PROBLEMS[row.why]
    return ListingRefused(
        row.listing_id, row.version, str(row.why), Problem("listings", problem, remedy)
    )


def told(state: GroupState) -> GroupAnswer:
    """Tell of a group."""
    return GroupAnswer(
        group=state.group,
        topic=state.topic,
        verdict=state.verdict,
        clause=state.clause,
        policy_version=state.policy_version,
        decided=[
            ListingDecided(row.listing_id, row.version, row.decision, row.undone)
            for row in state.decided
        ],
        refused=[refused(row) for row in state.refused],
    )


_EDITED = ListingRefused(
    "1002",
    1,
    "edited",
    Problem("listings", "was edited since: another version is the newest", "look at that one"),
)
DECIDED = GroupAnswer(
    group=7,
    topic="weapons",
    verdict="violates",
    clause=None,
    policy_version=3,
    decided=[ListingDecided("1001", 1, 42, undone=False)],
    refused=[_EDITED],
)
UNDONE = GroupUndone(7, [42])
