"""Requests of the API's group 'experiments', and what it answers.

Written by ``python -m scripts.client_operations``.
"""

from __future__ import annotations

from typing import Literal, TypedDict

from mimawari.client.asked import Asked, address, body_of, one
from mimawari.client.operations.back_tests import TrialList, TrialSummary


class Finished(TypedDict):
    """The candidate is in force from this generation on."""

    trial: int
    generation: int


class Decided(TypedDict):
    """The outcome of each topic of a family."""

    outcomes: dict[str, str]


def list_experiments(*, topic: str | None = None, limit: int | None = None) -> Asked[TrialList]:
    """The experiments, those that run first."""
    path = address("/api/v1/experiments", {}, {"topic": topic, "limit": limit})
    return Asked("GET", path, None, False, one(TrialList))


def start_experiment(
    *,
    candidate: str,
    reason: str,
    family: str | None = None,
    again: str | None = None,
    after: int | None = None,
    mode: Literal["safe", "fast", "split"] | str | None = None,
    capacity: int | str | None = None,
    alpha: float | str | None = None,
    beta: float | str | None = None,
    smallest_gain: float | str | None = None,
    minimum_days: int | str | None = None,
    most_reviews: int | str | None = None,
    seed: int | str | None = None,
    round_minutes: int | str | None = None,
    days: int | str | None = None,
    carry: Literal["none", "strict", "pooled"] | str | None = None,
) -> Asked[TrialSummary]:
    """Start one experiment."""
    path = address("/api/v1/experiments", {})
    return Asked(
        "POST",
        path,
        body_of(
            {
                "candidate": candidate,
                "reason": reason,
                "family": family,
                "again": again,
                "after": after,
                "mode": mode,
                "capacity": capacity,
                "alpha": alpha,
                "beta": beta,
                "smallest_gain": smallest_gain,
                "minimum_days": minimum_days,
                "most_reviews": most_reviews,
                "seed": seed,
                "round_minutes": round_minutes,
                "days": days,
                "carry": carry,
            }
        ),
        True,
        one(TrialSummary),
    )


def get_experiment(trial: int) -> Asked[TrialSummary]:
    """State, evidence and events of one experiment."""
    path = address("/api/v1/experiments/{trial}", {"trial": trial})
    return Asked("GET", path, None, False, one(TrialSummary))


def stop_experiment(trial: int, *, reason: str) -> Asked[TrialSummary]:
    """Stop one experiment before its decision."""
    path = address("/api/v1/experiments/{trial}:stop", {"trial": trial})
    return Asked("POST", path, body_of({"reason": reason}), True, one(TrialSummary))


def finish_experiment(trial: int, *, reason: str) -> Asked[Finished]:
    """Bring in force what an experiment or guard decided."""
    path = address("/api/v1/experiments/{trial}:finish", {"trial": trial})
    return Asked("POST", path, body_of({"reason": reason}), True, one(Finished))


def decide_family(*, family: str, reason: str) -> Asked[Decided]:
    """End the trials of a family together, false promotions bounded over all of them."""
    path = address("/api/v1/experiments:decide", {})
    return Asked("POST", path, body_of({"family": family, "reason": reason}), True, one(Decided))
