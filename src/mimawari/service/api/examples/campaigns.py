"""Examples of campaigns, and the types of what the API says of them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import msgspec


class CampaignPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What a campaign looks for, how much it asks a day, and when it ends; see the request."""

    sources: list[str]
    budget: int
    beyond: int
    until: date
    labels: int
    violations: int
    text: str
    language: str
    category: str
    days: int
    least_yield: float
    error: float
    retrain: bool


class CampaignYield(msgspec.Struct, frozen=True):
    """Violations among clear verdicts; the interval holds whenever one looks."""

    labels: int
    violations: int
    share: float | None
    low: float
    high: float


class CampaignSource(msgspec.Struct, frozen=True):
    """What one source gave."""

    source: str
    asked: int
    labels: int
    violations: int


class CampaignOutcome(msgspec.Struct, frozen=True):
    """What a campaign ended with: a data set, or why there is none."""

    data_set: str
    problem: str
    retraining: bool


class CampaignRow(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign: how it stands, what it asks and what it has come to."""

    number: int
    topic: str
    name: str
    state: str
    ended_for: str
    changed_at: datetime
    changed_by: str
    plan: CampaignPlan
    asked: int
    waiting: int
    unsure: int
    gone: int
    gathered: CampaignYield
    sources: list[CampaignSource]
    outcome: CampaignOutcome | None = None


class CampaignRows(msgspec.Struct, frozen=True):
    """Campaigns, the newest first."""

    campaigns: list[CampaignRow]


AT = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
ROW = CampaignRow(
    number=3,
    topic="weapons",
    name="knives in Japanese",
    state="running",
    ended_for="",
    changed_at=AT,
    changed_by="ben",
    plan=CampaignPlan(
        sources=["uncertain", "near_violations", "random"],
        budget=20,
        beyond=20,
        until=date(2099, 12, 31),
        labels=500,
        violations=0,
        text="",
        language="ja",
        category="",
        days=30,
        least_yield=0.05,
        error=0.05,
        retrain=True,
    ),
    asked=60,
    waiting=18,
    unsure=2,
    gone=1,
    gathered=CampaignYield(39, 11, 0.2821, 0.1104, 0.5201),
    sources=[CampaignSource("random", 20, 13, 1), CampaignSource("uncertain", 40, 26, 10)],
)
LIST = CampaignRows([ROW])
