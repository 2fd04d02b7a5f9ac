"""Requests of the API's group 'system', and what it answers.

Written by ``python -m scripts.client_operations``.
"""

from __future__ import annotations

from typing import Literal, TypedDict

from mimawari.client.asked import Asked, address, one, text
from mimawari.client.operations.listings import Freshness
from mimawari.records.json import JsonObject


class RoleHealth(TypedDict):
    """The processes of one role that run, the last heartbeat, the oldest generation in force."""

    processes: int
    seconds: float | None
    generation: int | None
    problem: str


class Health(TypedDict):
    """The state of the installation as this edge sees it."""

    status: Literal["ok", "degraded"]
    missing: list[str]
    pending: int
    candidates: int
    generation: int | None
    absent_models: list[str]
    roles: dict[str, RoleHealth]
    search: Freshness
    warnings: list[str]


def get_health() -> Asked[Health]:
    """Whether the store answers, how much waits, and which roles run."""
    path = address("/health", {})
    return Asked("GET", path, None, False, one(Health))


def get_metrics() -> Asked[str]:
    """The metrics, in Prometheus' text format."""
    path = address("/metrics", {})
    return Asked("GET", path, None, False, text)


def get_open_api() -> Asked[JsonObject]:
    """The OpenAPI 3.1 document of this API."""
    path = address("/api/v1/openapi.json", {})
    return Asked("GET", path, None, False, one(JsonObject))


def get_docs() -> Asked[str]:
    """This API as a page, made from the same declarations."""
    path = address("/api/docs", {})
    return Asked("GET", path, None, False, text)
