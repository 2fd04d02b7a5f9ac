"""What the server answers, as dictionaries with known keys.

Declared here once more, since the library imports nothing of the service; a test compares both.
"""

from __future__ import annotations

from typing import NotRequired, TypedDict

from mimawari.records.json import JsonObject


class Reason(TypedDict):
    """A word of the listing's text, or a feature, and what it added to the log-odds."""

    weight: float
    text: NotRequired[str]
    start: NotRequired[int]
    end: NotRequired[int]
    source: NotRequired[str]
    feature: NotRequired[str]
    value: NotRequired[float | None]


class TopicScore(TypedDict):
    """Probability that the listing violates a topic, and why."""

    topic: str
    score: float
    model_score: float | None
    rule_score: float | None
    rules: list[str]
    reasons: list[Reason]
    action: str
    threshold: float | None
    by: str | None
    clause: str | None
    policy_version: int | None
    dry_run: bool
    seller: str | None


class Checked(TypedDict):
    """Scores of a listing, highest first, under a generation of rules and models.

    ``action`` is ``allow``, ``hold`` or ``refuse``: the strongest that any topic asks for.
    """

    generation: int
    topics: list[TopicScore]
    failures: dict[str, str]
    action: str


class ListingHistory(TypedDict):
    """Versions of a listing with their scores, alerts and decisions, newest first."""

    listing_id: str
    versions: list[JsonObject]
    next_before: int | None


class RuleHit(TypedDict):
    """A rule of the topic that holds for the listing."""

    rule: str
    note: str


class RuleMark(TypedDict):
    """Characters that made a rule hold."""

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
    """What a moderator judges: a listing, the policy by language, the rules that hold."""

    alert: int
    topic: str
    title: dict[str, str]
    policy: dict[str, str]
    policy_version: int
    sensitive: bool
    listing: JsonObject
    rules: list[RuleHit]
    marks: list[RuleMark]
    leased_until: str | None
    clauses: list[ClauseText]
    clause_optional: bool
    relisting_of: list[RelistingOf]


class Reviewed(TypedDict):
    """The decision stands; ``status`` is ``saved``, or ``already_saved`` for a repetition."""

    alert: int
    verdict: str
    status: str


class Count(TypedDict):
    """How many match: ``exactly`` so many, or ``more_than`` so many."""

    relation: str
    value: int


class FoundListing(TypedDict):
    """A listing version that matches, and what is known of it by topic."""

    listing_id: str
    version: int
    seller_id: str
    title: str
    received_at: str
    state: str
    topics: list[JsonObject]


class Freshness(TypedDict):
    """How complete the index is: a share from 0 to 1, and how late it is."""

    share: float
    behind_seconds: float


class FoundPage(TypedDict):
    """Listing versions that match, newest first; ``next`` is to be given as ``after``."""

    listings: list[FoundListing]
    count: Count
    next: str | None
    index: Freshness


class Ended(TypedDict):
    """What stands of a listing's end: ``ended``, ``already_ended`` or ``stale``."""

    listing_id: str
    version: int
    status: str
    reason: str | None
    ended_at: str | None


class ListingDecided(TypedDict):
    """A listing that was decided; ``undone`` says that this was taken back since."""

    listing_id: str
    version: int
    decision: int
    undone: bool


class ListingRefused(TypedDict):
    """A listing that was not decided, and why: a word, and a problem with its remedy."""

    listing_id: str
    version: int
    why: str
    problem: dict[str, str]


class DecisionGroup(TypedDict):
    """What became of one request; ``group`` is None where nothing could be decided."""

    group: int | None
    topic: str
    verdict: str
    clause: str | None
    policy_version: int | None
    decided: list[ListingDecided]
    refused: list[ListingRefused]


class Undone(TypedDict):
    """The decisions that were taken back just now."""

    group: int
    undone: list[int]


class EdgeCase(TypedDict):
    """A hard listing that every candidate of a topic is tried on."""

    number: int
    topic: str
    listing_id: str
    version: int
    title: str
    verdict: str
    why: str
    reason: str
    added_at: str
    added_by: str
    ended: JsonObject | None


class EdgeCases(TypedDict):
    """Edge cases, the newest first."""

    edge_cases: list[EdgeCase]


class Campaign(TypedDict):
    """A campaign for labels: how it stands, what it asks and what it has come to."""

    number: int
    topic: str
    name: str
    state: str
    ended_for: str
    changed_at: str
    changed_by: str
    plan: JsonObject
    asked: int
    waiting: int
    unsure: int
    gone: int
    found: JsonObject
    sources: list[JsonObject]
    outcome: JsonObject | None


class Campaigns(TypedDict):
    """Campaigns, the newest first."""

    campaigns: list[Campaign]
