"""Requests of the API's group 'quality', and what it answers.

Written by ``python -m scripts.client_operations``.
"""

from __future__ import annotations

from typing import Literal, TypedDict

from mimawari.client.asked import Asked, address, body_of, one
from mimawari.client.operations.events import AlarmFigures


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
