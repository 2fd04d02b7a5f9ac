"""Requests of the API's group 'quality', and what it answers.

Written by ``python -m scripts.client_operations``.
"""

from __future__ import annotations

from typing import Literal, TypedDict

from mimawari.client.asked import Asked, address, one


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


def get_probabilities(topic: str) -> Asked[Probabilities]:
    """Whether the probabilities of a topic's model hold, and how they are corrected."""
    path = address("/api/v1/probabilities/{topic}", {"topic": topic})
    return Asked("GET", path, None, False, one(Probabilities))
