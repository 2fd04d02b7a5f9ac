"""Requests of the API's group 'back_tests', and what it answers.

Written by ``python -m scripts.client_operations``.
"""

from __future__ import annotations

from typing import Literal, TypedDict

from mimawari.client.asked import Asked, address, body_of, one
from mimawari.records.json import JsonObject


class Design(TypedDict):
    """The parameters of one trial."""

    mode: Literal["reuse", "fresh", "safe", "fast", "split", "guard"]
    capacity: int
    alpha: float
    beta: float
    smallest_gain: float
    minimum_days: int
    phi_limit: float
    most_reviews: int
    seed: int
    rare: bool
    window_start: str | None
    window_days: int
    reviews_per_day: int
    recheck: int
    after_version: int
    round_minutes: int
    days: int
    carry: Literal["none", "strict", "pooled"]
    share: float


class Evidence(TypedDict):
    """The evidence now: natural logarithms of the e-values, and how far each has come."""

    steps: int
    reviews: int
    log_e: float
    log_f: float
    promote: float
    reject: float
    low: float | None
    high: float | None


class Today(TypedDict):
    """Items of the trial that wait and that were decided today, and the topic's capacity."""

    waiting: int
    decided: int
    capacity: int


class Gain(TypedDict):
    """Violations found on the trial's items, and those found by the champion in their stead."""

    found: int
    instead: float
    reviews: int


class EventSummary(TypedDict):
    """An event of a trial."""

    at: str
    kind: str
    actor: str
    body: JsonObject


class TrialSummary(TypedDict):
    """Everything that is known of a trial; a list leaves all after ``evidence`` out."""

    trial: int
    kind: str
    topic: str
    champion: str
    candidate: str
    state: str
    outcome: str
    statement: str
    created_at: str
    actor: str
    reason: str
    generation: int
    family: str
    design: Design
    evidence: Evidence | None
    waits_for: list[str]
    today: Today | None
    gained: Gain | None
    events: list[EventSummary]


class TrialList(TypedDict):
    """Trials, those that run first, then the newest."""

    trials: list[TrialSummary]


def list_backtests(*, topic: str | None = None, limit: int | None = None) -> Asked[TrialList]:
    """The back-tests, those that run first."""
    path = address("/api/v1/backtests", {}, {"topic": topic, "limit": limit})
    return Asked("GET", path, None, False, one(TrialList))


def start_backtest(
    *,
    candidate: str,
    reason: str,
    family: str | None = None,
    again: str | None = None,
    trained_until: str | None = None,
    mode: Literal["reuse", "fresh"] | str | None = None,
    capacity: int | str | None = None,
    alpha: float | str | None = None,
    beta: float | str | None = None,
    smallest_gain: float | str | None = None,
    minimum_days: int | str | None = None,
    most_reviews: int | str | None = None,
    seed: int | str | None = None,
    window_start: str | None = None,
    window_days: int | str | None = None,
    reviews_per_day: int | str | None = None,
    recheck: int | str | None = None,
) -> Asked[TrialSummary]:
    """Start one back-test."""
    path = address("/api/v1/backtests", {})
    return Asked(
        "POST",
        path,
        body_of(
            {
                "candidate": candidate,
                "reason": reason,
                "family": family,
                "again": again,
                "trained_until": trained_until,
                "mode": mode,
                "capacity": capacity,
                "alpha": alpha,
                "beta": beta,
                "smallest_gain": smallest_gain,
                "minimum_days": minimum_days,
                "most_reviews": most_reviews,
                "seed": seed,
                "window_start": window_start,
                "window_days": window_days,
                "reviews_per_day": reviews_per_day,
                "recheck": recheck,
            }
        ),
        True,
        one(TrialSummary),
    )


def get_backtest(trial: int) -> Asked[TrialSummary]:
    """State, evidence and events of one back-test."""
    path = address("/api/v1/backtests/{trial}", {"trial": trial})
    return Asked("GET", path, None, False, one(TrialSummary))


def stop_backtest(trial: int, *, reason: str) -> Asked[TrialSummary]:
    """Stop one back-test before its decision."""
    path = address("/api/v1/backtests/{trial}:stop", {"trial": trial})
    return Asked("POST", path, body_of({"reason": reason}), True, one(TrialSummary))
