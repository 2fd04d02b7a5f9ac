"""Requests of the API's group 'reviews', and what it answers.

Written by ``python -m scripts.client_operations``.
"""

from __future__ import annotations

from typing import Literal, TypedDict

from mimawari.client.asked import Asked, address, body_of, one, one_or_none
from mimawari.client.operations.listings import ListingFields, Problem


class RuleHit(TypedDict):
    """A rule of the topic that holds for the listing."""

    rule: str
    note: str


class RuleMark(TypedDict):
    """Words that made a rule hold: characters of title, description and text in pictures."""

    rule: str
    start: int
    end: int


class ClauseText(TypedDict):
    """A clause of the policy that a violation may be said to break; texts by language."""

    key: str
    text: dict[str, str]
    severity: str


class RelistingOf(TypedDict):
    """A listing that was found to violate, which the item repeats, and that decision."""

    listing_id: str
    version: int
    clause: str | None
    moderator: str
    decided_at: str
    undone: bool


class ReviewItem(TypedDict):
    """What a moderator judges: a listing, the policy, and the rules that hold."""

    alert: int
    topic: str
    title: dict[str, str]
    policy: dict[str, str]
    policy_version: int
    sensitive: bool
    listing: ListingFields
    rules: list[RuleHit]
    marks: list[RuleMark]
    leased_until: str | None
    clauses: list[ClauseText]
    clause_optional: bool
    relisting_of: list[RelistingOf]


class Saved(TypedDict):
    """The decision stands; ``status`` is ``saved``, or ``already_saved`` for a repetition."""

    alert: int
    verdict: str
    status: str


class Left(TypedDict):
    """The item is left to others; ``status`` is ``saved``, or ``already_saved``."""

    alert: int
    status: str


class ShownListing(TypedDict):
    """A listing and the version of it that was looked at, which has to be the newest still."""

    id: str
    version: int


class ListingDecided(TypedDict):
    """A listing that was decided; ``undone`` says that this was taken back since."""

    listing_id: str
    version: int
    decision: int
    undone: bool


class ListingRefused(TypedDict):
    """A listing that was not decided; ``why`` is one of a few words, ``problem`` says it."""

    listing_id: str
    version: int
    why: str
    problem: Problem


class GroupAnswer(TypedDict):
    """What became of one request; ``group`` is null where nothing could be decided."""

    group: int | None
    topic: str
    verdict: str
    clause: str | None
    policy_version: int | None
    decided: list[ListingDecided]
    refused: list[ListingRefused]


class GroupUndone(TypedDict):
    """The decisions that were taken back just now; none where all were before."""

    group: int
    undone: list[int]


def next_review(
    *, topic: str | None = None, escalated: bool | None = None
) -> Asked[ReviewItem | None]:
    """Lease the next item to the key's moderator, without any model's opinion."""
    path = address("/api/v1/reviews:next", {})
    return Asked(
        "POST",
        path,
        body_of({"topic": topic, "escalated": escalated}),
        False,
        one_or_none(ReviewItem),
    )


def decide_review(
    alert: int,
    *,
    verdict: Literal["violates", "does_not_violate", "cannot_tell"],
    seconds: float | None = None,
    clause: str | None = None,
    note: str | None = None,
) -> Asked[Saved]:
    """Decide on an item; saying the same twice is harmless."""
    path = address("/api/v1/reviews/{alert}", {"alert": alert})
    return Asked(
        "POST",
        path,
        body_of({"verdict": verdict, "seconds": seconds, "clause": clause, "note": note}),
        True,
        one(Saved),
    )


def escalate_review(alert: int, *, reason: str) -> Asked[Left]:
    """Leave an item to a lead, and say why."""
    path = address("/api/v1/reviews/{alert}/escalate", {"alert": alert})
    return Asked("POST", path, body_of({"reason": reason}), True, one(Left))


def skip_review(alert: int, *, reason: str) -> Asked[Left]:
    """Give an item back for another moderator, and say why."""
    path = address("/api/v1/reviews/{alert}/skip", {"alert": alert})
    return Asked("POST", path, body_of({"reason": reason}), True, one(Left))


def decide_listings(
    *,
    key: str,
    topic: str,
    verdict: Literal["violates", "does_not_violate"],
    listings: list[ShownListing],
    clause: str | None = None,
    note: str | None = None,
    policy_version: int | None = None,
) -> Asked[GroupAnswer]:
    """Decide on listings that the key's moderator found, with or without an alert."""
    path = address("/api/v1/decisions", {})
    return Asked(
        "POST",
        path,
        body_of(
            {
                "key": key,
                "topic": topic,
                "verdict": verdict,
                "listings": listings,
                "clause": clause,
                "note": note,
                "policy_version": policy_version,
            }
        ),
        False,
        one(GroupAnswer),
    )


def get_decision_group(group: int) -> Asked[GroupAnswer]:
    """What became of one request of the key's moderator, and what was taken back since."""
    path = address("/api/v1/decisions/{group}", {"group": group})
    return Asked("GET", path, None, False, one(GroupAnswer))


def undo_decision_group(group: int, *, decision: int | None = None) -> Asked[GroupUndone]:
    """Take back all that was decided by one request, or one decision of it."""
    path = address("/api/v1/decisions/{group}/undo", {"group": group})
    return Asked("POST", path, body_of({"decision": decision}), True, one(GroupUndone))
