"""Requests of the API's group 'quality', and what it answers.

Written by ``python -m scripts.client_operations``.
"""

from __future__ import annotations

from typing import Literal, TypedDict

from mimawari.client.asked import Asked, address, body_of, one
from mimawari.client.operations.events import AlarmFigures


class CampaignPlan(TypedDict):
    """What a campaign looks for, how much it asks a day, and when it ends; see the request."""

    sources: list[str]
    budget: int
    beyond: int
    until: str
    labels: int
    violations: int
    text: str
    language: str
    category: str
    days: int
    least_yield: float
    error: float
    retrain: bool


class CampaignYield(TypedDict):
    """Violations among clear verdicts; the interval holds whenever one looks."""

    labels: int
    violations: int
    share: float | None
    low: float
    high: float


class CampaignSource(TypedDict):
    """What one source gave."""

    source: str
    asked: int
    labels: int
    violations: int


class CampaignOutcome(TypedDict):
    """What a campaign ended with: a data set, or why there is none."""

    data_set: str
    problem: str
    retraining: bool


class CampaignRow(TypedDict):
    """A campaign: how it stands, what it asks and what it has come to."""

    number: int
    topic: str
    name: str
    state: str
    ended_for: str
    changed_at: str
    changed_by: str
    plan: CampaignPlan
    asked: int
    waiting: int
    unsure: int
    gone: int
    gathered: CampaignYield
    sources: list[CampaignSource]
    outcome: CampaignOutcome | None


class CampaignRows(TypedDict):
    """Campaigns, the newest first."""

    campaigns: list[CampaignRow]


class Probabilities(TypedDict):
    """What labels say of a topic's probabilities."""

    topic: str
    at: str
    trust: Literal["no model", "no labels yet", "hold", "corrected", "not to be trusted"]
    advice: str
    model: str | None
    labels: int
    violations: int
    sellers: int
    intercept: float
    slope: float
    evidence: float
    evidence_shown: float


class AlarmShown(TypedDict):
    """An alarm as it is read."""

    id: int
    kind: Literal[
        "drift_of_inputs",
        "drift_of_scores",
        "too_many_alerts",
        "too_few_alerts",
        "precision_fell",
        "agreement_fell",
        "labels_late",
        "calibration_lost",
        "scorer_errors",
        "latency",
        "golden_scores",
    ]
    topic: str | None
    deployment: str | None
    stream: str
    severity: Literal["notice", "warning", "urgent"]
    state: Literal["opened", "acknowledged", "resolved"]
    figures: AlarmFigures
    latest: AlarmFigures
    began_at: str
    opened_at: str
    last_seen_at: str
    times: int
    changed_at: str
    actor: str
    note: str
    until: str | None


class AlarmList(TypedDict):
    """Alarms, newest first; ``next`` is what to give as ``before`` for older ones."""

    alarms: list[AlarmShown]
    next: int | None


class HourOfAlarm(TypedDict):
    """An hour in which an alarm's condition was seen, and what was measured last in it."""

    hour: str
    times: int
    figures: AlarmFigures


class AlarmAnswer(TypedDict):
    """An alarm, and the hours in which it was seen, oldest first; 672 at most."""

    alarm: AlarmShown
    hours: list[HourOfAlarm]


def list_campaigns(*, before: int | None = None, limit: int | None = None) -> Asked[CampaignRows]:
    """Campaigns for labels, the newest first, with what each has come to."""
    path = address("/api/v1/campaigns", {}, {"before": before, "limit": limit})
    return Asked("GET", path, None, False, one(CampaignRows))


def create_campaign(
    *,
    topic: str,
    name: str,
    sources: list[
        Literal["uncertain", "models", "shadows", "near_violations", "moderators", "random"]
    ],
    until: str,
    budget: int,
    beyond: int | None = None,
    labels: int | None = None,
    violations: int | None = None,
    text: str | None = None,
    language: str | None = None,
    category: str | None = None,
    days: int | None = None,
    least_yield: float | None = None,
    error: float | None = None,
    retrain: bool | None = None,
    reason: str | None = None,
) -> Asked[CampaignRow]:
    """Ask moderators about what you look for, so many a day, until a goal or a date."""
    path = address("/api/v1/campaigns", {})
    return Asked(
        "POST",
        path,
        body_of(
            {
                "topic": topic,
                "name": name,
                "sources": sources,
                "until": until,
                "budget": budget,
                "beyond": beyond,
                "labels": labels,
                "violations": violations,
                "text": text,
                "language": language,
                "category": category,
                "days": days,
                "least_yield": least_yield,
                "error": error,
                "retrain": retrain,
                "reason": reason,
            }
        ),
        True,
        one(CampaignRow),
    )


def edit_campaign(
    number: int,
    *,
    reason: str,
    sources: list[
        Literal["uncertain", "models", "shadows", "near_violations", "moderators", "random"]
    ]
    | None = None,
    until: str | None = None,
    budget: int | None = None,
    beyond: int | None = None,
    labels: int | None = None,
    violations: int | None = None,
    text: str | None = None,
    language: str | None = None,
    category: str | None = None,
    days: int | None = None,
    least_yield: float | None = None,
    error: float | None = None,
    retrain: bool | None = None,
) -> Asked[CampaignRow]:
    """Change the plan of a campaign that goes on; what it asked for stays."""
    path = address("/api/v1/campaigns/{number}:edit", {"number": number})
    return Asked(
        "POST",
        path,
        body_of(
            {
                "reason": reason,
                "sources": sources,
                "until": until,
                "budget": budget,
                "beyond": beyond,
                "labels": labels,
                "violations": violations,
                "text": text,
                "language": language,
                "category": category,
                "days": days,
                "least_yield": least_yield,
                "error": error,
                "retrain": retrain,
            }
        ),
        True,
        one(CampaignRow),
    )


def pause_campaign(number: int, *, reason: str) -> Asked[CampaignRow]:
    """Ask for nothing more; what waits goes on waiting."""
    path = address("/api/v1/campaigns/{number}:pause", {"number": number})
    return Asked("POST", path, body_of({"reason": reason}), True, one(CampaignRow))


def resume_campaign(number: int, *, reason: str) -> Asked[CampaignRow]:
    """Go on with a campaign that is paused."""
    path = address("/api/v1/campaigns/{number}:resume", {"number": number})
    return Asked("POST", path, body_of({"reason": reason}), True, one(CampaignRow))


def end_campaign(number: int, *, reason: str) -> Asked[CampaignRow]:
    """End a campaign: what waits is withdrawn, a data set is made."""
    path = address("/api/v1/campaigns/{number}:end", {"number": number})
    return Asked("POST", path, body_of({"reason": reason}), True, one(CampaignRow))


def get_campaign(number: int) -> Asked[CampaignRow]:
    """A campaign: its plan, its progress, its yield, and what it ended with."""
    path = address("/api/v1/campaigns/{number}", {"number": number})
    return Asked("GET", path, None, False, one(CampaignRow))


def get_probabilities(topic: str) -> Asked[Probabilities]:
    """Whether the probabilities of a topic's model hold, and how they are corrected."""
    path = address("/api/v1/probabilities/{topic}", {"topic": topic})
    return Asked("GET", path, None, False, one(Probabilities))


def list_alarms(
    *,
    topic: str | None = None,
    state: Literal["open", "opened", "acknowledged", "resolved", "all"] | None = None,
    before: int | None = None,
    limit: int | None = None,
) -> Asked[AlarmList]:
    """What is not as it should be, newest first."""
    path = address(
        "/api/v1/alarms", {}, {"topic": topic, "state": state, "before": before, "limit": limit}
    )
    return Asked("GET", path, None, False, one(AlarmList))


def get_alarm(alarm: int) -> Asked[AlarmAnswer]:
    """An alarm: what was measured against what, and in which hours it was seen."""
    path = address("/api/v1/alarms/{alarm}", {"alarm": alarm})
    return Asked("GET", path, None, False, one(AlarmAnswer))


def acknowledge_alarm(alarm: int, *, reason: str, until: str | None = None) -> Asked[AlarmShown]:
    """Say that somebody looks after an alarm."""
    path = address("/api/v1/alarms/{alarm}/acknowledge", {"alarm": alarm})
    return Asked("POST", path, body_of({"reason": reason, "until": until}), True, one(AlarmShown))


def resolve_alarm(alarm: int, *, reason: str) -> Asked[AlarmShown]:
    """Say that an alarm is over; where it is seen again, a new one is opened."""
    path = address("/api/v1/alarms/{alarm}/resolve", {"alarm": alarm})
    return Asked("POST", path, body_of({"reason": reason}), True, one(AlarmShown))
