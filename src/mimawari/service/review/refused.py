"""Why a listing that somebody had found is not decided: each has an answer of its own."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Why(StrEnum):
    """What stands in the way."""

    UNKNOWN = "unknown"
    EDITED = "edited"
    ENDED = "ended"
    ERASED = "erased"
    NOT_SCORED = "not_scored"
    NOT_IN_FORCE = "not_in_force"
    DECIDED = "decided"
    DECIDED_BY_YOU = "decided_by_you"
    HELD = "held"
    ESCALATED = "escalated"


PROBLEMS = {
    Why.UNKNOWN: ("is unknown", "check identifier and version"),
    Why.EDITED: ("was edited since: another version is the newest", "look at that one"),
    Why.ENDED: ("ended: it was sold, withdrawn or removed", "there is nothing to decide"),
    Why.ERASED: ("was erased", "there is nothing to decide"),
    Why.NOT_SCORED: ("is not scored", "wait until it is; one that was set aside is not decided"),
    Why.NOT_IN_FORCE: ("is offered where the policy is not in force", "choose another topic"),
    Why.DECIDED: ("was decided by another moderator", "see the page of the listing"),
    Why.DECIDED_BY_YOU: ("was decided by you", "take that back first"),
    Why.HELD: ("is before another moderator", "wait for that decision"),
    Why.ESCALATED: ("was left to a lead", "leave it to them"),
}
"""What each means, and what can be done."""


class Refused(msgspec.Struct, frozen=True):
    """A listing version that was not decided."""

    listing_id: str
    version: int
    why: Why
