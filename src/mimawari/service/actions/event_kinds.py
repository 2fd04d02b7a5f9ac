"""What the ledger is told of actions and strikes, and how their rows are checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.records.action import (
    REVERSED,
    STRIKE,
    STRIKE_EXPIRED,
    STRIKE_REVERSED,
    STRIKE_THRESHOLD,
    TAKEN,
    ActionDetails,
    ActionKind,
    ExpiryDetails,
    Origin,
    StrikeDetails,
    ThresholdDetails,
)
from mimawari.records.event import register
from mimawari.service.actions.models import Action, Strike, StrikeExpiry
from mimawari.service.audit.rows import compare_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mimawari.records.event import EventKind

ACTION = register(TAKEN, ActionDetails, "actions.Action")
ACTION_REVERSAL = register(REVERSED, ActionDetails, "actions.Action")
STRIKE_GIVEN = register(STRIKE, StrikeDetails, "actions.Strike")
STRIKE_REVERSAL = register(STRIKE_REVERSED, StrikeDetails, "actions.Strike")
STRIKE_EXPIRY = register(STRIKE_EXPIRED, ExpiryDetails, "actions.StrikeExpiry")
THRESHOLD = register(STRIKE_THRESHOLD, ThresholdDetails)


def kind_of(row: Action | Strike) -> EventKind:
    """Give the kind of event that tells of a row."""
    if isinstance(row, Action):
        return ACTION_REVERSAL if row.reverses_id else ACTION
    return STRIKE_REVERSAL if row.reverses_id else STRIKE_GIVEN


def action_details(row: Action) -> ActionDetails:
    """Say what an action's event says."""
    return ActionDetails(
        listing=row.listing_version.listing_id,
        version=row.listing_version.version,
        topic=row.topic,
        policy_version=row.policy_version,
        kind=ActionKind(row.kind),
        severity=row.severity,  # type: ignore[arg-type]  # written from a Severity
        origin=Origin(row.origin),
        clauses=tuple(row.clauses),
        alert=row.alert,
        decision=row.decision,
        reverses=row.reverses_id,
        replaces=row.replaces_id,
        proposal=row.proposal_id,
        threshold=row.threshold,
        dry_run=row.dry_run,
        standing=ActionKind(row.standing),
        reason=row.reason,
        at=row.at,
        lifts=row.lifts_id,
    )


def strike_details(row: Strike) -> StrikeDetails:
    """Say what a strike's event says."""
    return StrikeDetails(
        listing=row.listing_version.listing_id,
        version=row.listing_version.version,
        topic=row.topic,
        severity=row.severity,  # type: ignore[arg-type]  # written from a Severity
        weight=row.weight,
        decision=row.decision,
        reverses=row.reverses_id,
        dry_run=row.dry_run,
        total=row.total,
        at=row.at,
        expires_at=row.expires_at,
    )


def expiry_details(row: StrikeExpiry) -> ExpiryDetails:
    """Say what the event of a strike's expiry says."""
    strike = row.strike
    return ExpiryDetails(
        listing=strike.listing_version.listing_id,
        version=strike.listing_version.version,
        topic=strike.topic,
        weight=strike.weight,
        dry_run=strike.dry_run,
        total=row.total,
        expired_at=strike.expires_at,
        at=row.at,
    )


def _actions() -> Iterator[tuple[str, ActionDetails]]:
    rows = Action.objects.select_related("listing_version").defer("listing_version__payload")
    for row in rows.order_by("pk").iterator():
        yield str(row.pk), action_details(row)


def _strikes() -> Iterator[tuple[str, StrikeDetails]]:
    rows = Strike.objects.select_related("listing_version").defer("listing_version__payload")
    for row in rows.order_by("pk").iterator():
        yield str(row.pk), strike_details(row)


def _expiries() -> Iterator[tuple[str, ExpiryDetails]]:
    rows = StrikeExpiry.objects.select_related("strike__listing_version")
    for row in rows.defer("strike__listing_version__payload").order_by("pk").iterator():
        yield str(row.pk), expiry_details(row)


compare_rows("actions.Action", _actions)
compare_rows("actions.StrikeExpiry", _expiries)
compare_rows("actions.Strike", _strikes)
