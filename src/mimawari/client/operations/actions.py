"""Requests of the API's group 'actions', and what it answers.

Written by ``python -m scripts.client_operations``.
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from mimawari.client.asked import Asked, address, body_of, one


class By(TypedDict):
    """Who acted; by number, as everybody outside knows moderators."""

    kind: Literal["user", "key", "system"]
    id: str


class ActionTold(TypedDict):
    """An action, its number, its listing's seller, and who acted."""

    listing: str
    version: int
    topic: str
    policy_version: int
    kind: Literal["none", "warn", "ask_edit", "hide", "delete", "restrict"]
    severity: Literal["low", "medium", "high", "critical"] | None
    origin: Literal["proposed", "automatic", "decided"]
    clauses: list[str]
    alert: int | None
    decision: int | None
    reverses: int | None
    replaces: int | None
    proposal: int | None
    threshold: int | None
    dry_run: bool
    standing: Literal["none", "warn", "ask_edit", "hide", "delete", "restrict"]
    reason: str
    at: str
    lifts: NotRequired[int | None]
    id: int
    seller: str
    by: By


class Actions(TypedDict):
    """Actions, newest first; ``next_before`` is None where these are the oldest."""

    actions: list[ActionTold]
    next_before: int | None


class Outcome(TypedDict):
    """What is to be done with a listing and its seller, and the actions that say so."""

    listing: str
    action: Literal["none", "warn", "ask_edit", "hide", "delete", "restrict"]
    seller_restricted: bool
    in_force: list[int]


class StrikeStanding(TypedDict):
    """A strike that counts now, and the listing that it is for."""

    id: int
    listing: str
    topic: str
    severity: str
    weight: int
    decision: int
    dry_run: bool
    at: str
    expires_at: str


class SellerStrikes(TypedDict):
    """The strikes that count against a seller now, newest first, and what they weigh together."""

    seller: str
    total: int
    restricted: bool
    strikes: list[StrikeStanding]


def list_actions(
    *,
    listing: str | None = None,
    seller: str | None = None,
    topic: str | None = None,
    stage: Literal["", "in_force", "proposed"] | None = None,
    before: int | None = None,
    limit: int | None = None,
) -> Asked[Actions]:
    """What was to be done about listings and sellers, newest first."""
    path = address(
        "/api/v1/actions",
        {},
        {
            "listing": listing,
            "seller": seller,
            "topic": topic,
            "stage": stage,
            "before": before,
            "limit": limit,
        },
    )
    return Asked("GET", path, None, False, one(Actions))


def lift_action(action: int, *, reason: str) -> Asked[ActionTold]:
    """Take an action or a proposal back; its opposite is sent where it was sent."""
    path = address("/api/v1/actions/{action}/lift", {"action": action})
    return Asked("POST", path, body_of({"reason": reason}), True, one(ActionTold))


def take_action(action: int, *, reason: str) -> Asked[ActionTold]:
    """Take a proposal: it is in force from now on."""
    path = address("/api/v1/actions/{action}/take", {"action": action})
    return Asked("POST", path, body_of({"reason": reason}), True, one(ActionTold))


def get_outcome(id: str) -> Asked[Outcome]:
    """What is to be done with a listing now: the strongest over all topics."""
    path = address("/api/v1/outcomes/{id}", {"id": id})
    return Asked("GET", path, None, False, one(Outcome))


def get_strikes(seller: str) -> Asked[SellerStrikes]:
    """The strikes that count against a seller now."""
    path = address("/api/v1/strikes/{seller}", {"seller": seller})
    return Asked("GET", path, None, False, one(SellerStrikes))
