"""Requests of the API's group 'listings', and what it answers.

Written by ``python -m scripts.client_operations``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NotRequired, TypedDict

from mimawari.client.asked import Asked, address, body_lines, body_of, many, one
from mimawari.listings.listing import Listing


class Accepted(TypedDict):
    """A durable answer: accepted, duplicate (harmless) or stale (a newer version is known)."""

    listing_id: str
    version: int
    status: str


class Problem(TypedDict):
    """One thing wrong with a request: where, what, and what would be accepted."""

    field: str
    problem: str
    remedy: str


class LineAnswer(TypedDict):
    """What became of one line (counted from 1)."""

    line: int
    status: str
    listing_id: str | None
    version: int | None
    problems: list[Problem]


class Reason(TypedDict):
    """A marked word (with its place in the listing's text) or a feature behind a score."""

    text: NotRequired[str | None]
    start: NotRequired[int | None]
    end: NotRequired[int | None]
    source: NotRequired[str | None]
    feature: NotRequired[str | None]
    value: NotRequired[float | None]
    weight: NotRequired[float | None]


class CheckedTopic(TypedDict):
    """Probability that the listing violates a topic, and why; and what its policy asks for."""

    topic: str
    score: float
    model_score: float | None
    rule_score: float | None
    rules: list[str]
    reasons: list[Reason]
    action: Literal["allow", "hold", "refuse"]
    threshold: float | None
    by: str | None
    clause: str | None
    policy_version: int | None
    dry_run: bool
    seller: Literal["trusted", "exempt", "cleared"] | None


class Checked(TypedDict):
    """Scores of a listing, highest first, under a generation of rules and models."""

    generation: int
    topics: list[CheckedTopic]
    failures: dict[str, str]
    action: Literal["allow", "hold", "refuse"]


class ListingFields(TypedDict):
    """One version of a listing."""

    id: str
    version: int
    seller_id: str
    title: str
    description: str
    price_minor: int | None
    currency: str | None
    brand: str | None
    category: list[str]
    condition: Literal["new", "like_new", "good", "fair", "poor", "unknown"]
    image_urls: list[str]
    picture_text: str
    language: str | None
    created_at: str | None
    updated_at: str | None
    seller_created_at: str | None
    attributes: dict[str, str]


class PictureKept(TypedDict):
    """What became of a picture's link."""

    url: str
    state: str
    sha256: str | None
    problem: str | None


class SlotScore(TypedDict):
    """What one deployment gave."""

    slot: Literal["champion", "canary", "shadow"]
    model: str
    score: float | None
    refined: bool


class TopicScore(TypedDict):
    """What was stored of a version for one topic."""

    score: float
    model_score: float | None
    rule_score: float | None
    refined: bool
    model: str | None
    policy_version: int
    rules: list[str]
    slots: list[SlotScore]


class VersionScore(TypedDict):
    """What a version was scored with, by topic."""

    generation: int
    scored_at: str
    picture_text: str | None
    topics: dict[str, TopicScore]


class DecisionTaken(TypedDict):
    """What a moderator decided; the moderator is a pseudonym."""

    verdict: str
    moderator: str
    policy_version: int
    generation: int
    decided_at: str
    clause: str | None
    group: int | None


class AlertOpened(TypedDict):
    """An alert, and the decisions on it, oldest first."""

    topic: str
    day: str
    score: float
    state: str
    decisions: list[DecisionTaken]


class ListingEnded(TypedDict):
    """The marketplace's word that the listing ended with this version."""

    reason: Literal["sold", "withdrawn", "removed"]
    ended_at: str
    recorded_at: str


class PastDecisionTaken(TypedDict):
    """What was decided elsewhere and imported; the reviewer is a pseudonym, no moderator's."""

    topic: str
    verdict: str
    reviewer: str
    decided_at: str
    clause: str | None


class SecondStageRank(TypedDict):
    """What a second stage was asked about a listing version, what it said, what came of it."""

    topic: str
    day: str
    stage: str
    score: float
    entered_at: str
    due_at: str
    place: str
    rank: float | None
    weights: int | None
    unasked: str | None
    clauses: dict[str, float]
    why: str | None
    problem: str | None
    answered_at: str | None


class VersionHistory(TypedDict):
    """One version of a listing, and what followed."""

    version: int
    received_at: str
    state: str
    error: str | None
    listing: ListingFields
    pictures: list[PictureKept]
    score: VersionScore | None
    alerts: list[AlertOpened]
    ended: ListingEnded | None
    imported: list[PastDecisionTaken]
    second_stage: list[SecondStageRank]


class ListingHistory(TypedDict):
    """Versions of a listing with their scores, alerts and decisions, newest first."""

    listing_id: str
    versions: list[VersionHistory]
    next_before: int | None


class Ended(TypedDict):
    """What stands of the listing's end: the first report, whatever later ones say."""

    listing_id: str
    version: int
    status: Literal["ended", "already_ended", "stale"]
    reason: Literal["sold", "withdrawn", "removed"] | None
    ended_at: str | None


class EndedLine(TypedDict):
    """One listing of many that ended."""

    id: str
    reason: Literal["sold", "withdrawn", "removed"]
    ended_at: str | None
    version: int | None


class EndedAnswer(TypedDict):
    """What became of one line (counted from 1): ended, already_ended, stale or rejected."""

    line: int
    status: str
    listing_id: str | None
    version: int | None
    problems: list[Problem]


class ModeratorSaid(TypedDict):
    """A decision that stands: ``moderator`` is a pseudonym, or a name to those who see names."""

    verdict: str
    moderator: str


class FoundTopic(TypedDict):
    """What is known of a listing version and topic, to whoever asks."""

    topic: str
    waits: bool
    decisions: list[ModeratorSaid]
    actions: list[str]


class FoundListing(TypedDict):
    """A listing version that matches."""

    listing_id: str
    version: int
    seller_id: str
    title: str
    received_at: str
    state: str
    topics: list[FoundTopic]


class Count(TypedDict):
    """How many match: exactly so many, or more than so many."""

    relation: Literal["exactly", "more_than"]
    value: int


class Freshness(TypedDict):
    """How complete the index is."""

    share: float
    behind_seconds: float


class FoundPage(TypedDict):
    """Listing versions that match, newest first."""

    listings: list[FoundListing]
    count: Count
    next: str | None
    index: Freshness


def submit_listing(listing: Listing) -> Asked[Accepted]:
    """Submit one listing version; 202 means it is durable."""
    path = address("/api/v1/listings", {})
    return Asked("POST", path, body_lines([listing]), False, one(Accepted))


def submit_listings(lines: Iterable[Listing]) -> Asked[list[LineAnswer]]:
    """Submit listings line by line; each line is answered once it is durable."""
    path = address("/api/v1/listings:batch", {})
    return Asked("POST", path, body_lines(lines), False, many(LineAnswer))


def check_listing(listing: Listing) -> Asked[Checked]:
    """Score a listing before it goes live, and say what follows; nothing is kept."""
    path = address("/api/v1/check", {})
    return Asked("POST", path, body_lines([listing]), False, one(Checked))


def get_listing(
    id: str, *, before: int | None = None, limit: int | None = None
) -> Asked[ListingHistory]:
    """Everything that happened to a listing, version by version."""
    path = address("/api/v1/listings/{id}", {"id": id}, {"before": before, "limit": limit})
    return Asked("GET", path, None, False, one(ListingHistory))


def end_listing(
    id: str,
    *,
    reason: Literal["sold", "withdrawn", "removed"],
    ended_at: str | None = None,
    version: int | None = None,
) -> Asked[Ended]:
    """Say that a listing is no longer offered; its open alerts are closed."""
    path = address("/api/v1/listings/{id}/ended", {"id": id})
    return Asked(
        "POST",
        path,
        body_of({"reason": reason, "ended_at": ended_at, "version": version}),
        False,
        one(Ended),
    )


def end_listings(lines: Iterable[EndedLine]) -> Asked[list[EndedAnswer]]:
    """Say of many listings, line by line, that they are no longer offered."""
    path = address("/api/v1/listings:ended", {})
    return Asked("POST", path, body_lines(lines), False, many(EndedAnswer))


def search_listings(
    *,
    text: str | None = None,
    seller: str | None = None,
    topic: str | None = None,
    verdict: str | None = None,
    moderator: str | None = None,
    action: str | None = None,
    first_day: str | None = None,
    last_day: str | None = None,
    after: str | None = None,
    limit: int | None = None,
) -> Asked[FoundPage]:
    """Find listings by words, seller, topic, verdict, moderator, action and day."""
    path = address(
        "/api/v1/listings",
        {},
        {
            "text": text,
            "seller": seller,
            "topic": topic,
            "verdict": verdict,
            "moderator": moderator,
            "action": action,
            "first_day": first_day,
            "last_day": last_day,
            "after": after,
            "limit": limit,
        },
    )
    return Asked("GET", path, None, False, one(FoundPage))
