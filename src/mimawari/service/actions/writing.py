"""Write actions: rows, events and what holds, within the caller's transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.conf import settings

from mimawari.records.action import ActionKind, Origin
from mimawari.service.actions.event_kinds import action_details, kind_of
from mimawari.service.actions.models import Action, Cause, Stage, StandingAction
from mimawari.service.audit.models import Event
from mimawari.service.audit.record import prepared

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from mimawari.detectors.topicfile.schema import ActionPolicy
    from mimawari.records.principal import Principal
    from mimawari.service.actions.board import Board
    from mimawari.service.intake.models import ListingVersion


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """An action that is to be recorded; see `ActionDetails` for what its fields mean.

    With ``reverses`` it takes that one back; ``stage`` is then that of what is taken back.
    """

    version: ListingVersion
    topic: str
    policy_version: int
    kind: ActionKind
    origin: Origin
    stage: Stage
    principal: Principal
    dry_run: bool
    severity: str | None = None
    clauses: tuple[str, ...] = ()
    alert: int | None = None
    decision: int | None = None
    reverses: Action | None = None
    replaces: Action | None = None
    proposal: Action | None = None
    threshold: int | None = None
    lifts: Action | None = None
    until_reviewed: int | None = None
    reason: str = ""


def is_dry(policy: ActionPolicy | None) -> bool:
    """Whether actions of a policy are recorded only."""
    return bool(settings.CONFIG.actions_dry_run or (policy and policy.dry_run))


def reversal(
    row: StandingAction,
    principal: Principal,
    origin: Origin = Origin.AUTOMATIC,
    decision: int | None = None,
    reason: str = "",
) -> Change:
    """Give what takes an action back: its opposite, to be sent where that was sent."""
    action = row.action
    return Change(
        version=action.listing_version,
        topic=action.topic,
        policy_version=action.policy_version,
        kind=ActionKind(action.kind),
        origin=Origin.PROPOSED if row.stage == Stage.PROPOSED else origin,
        stage=Stage(row.stage),
        principal=principal,
        dry_run=action.dry_run,
        severity=action.severity,
        clauses=tuple(action.clauses),
        alert=action.alert,
        decision=decision,
        reverses=action,
        reason=reason,
    )


def write(board: Board, changes: Sequence[Change], now: datetime) -> list[Action]:
    """Record changes in their order, each with its event."""
    if not changes:
        return []
    ended = [a for c in changes for a in (c.reverses, c.replaces, c.proposal) if a is not None]
    written = [(_apply(board, change, now), change) for change in changes]
    actions = Action.objects.bulk_create([action for action, _ in written])
    Event.objects.bulk_create(
        prepared(kind_of(a), a.pk, change.principal, action_details(a), change.reason)
        for a, change in written
    )
    StandingAction.objects.filter(pk__in=[action.pk for action in ended]).delete()
    begun = [row for row in board.rows if row.pk is None]
    for row in begun:
        row.action = row.action  # takes its number, which there is by now
    StandingAction.objects.bulk_create(begun)
    return actions


def _cause(change: Change) -> Cause:
    if change.lifts is not None:
        return Cause.LIFT
    return Cause.VIOLATION if change.threshold is None else Cause.STRIKES


def _apply(board: Board, change: Change, now: datetime) -> Action:
    """Make a change on the board; gives the row that will tell of it."""
    listing, target = change.version.listing_id, change.kind.target
    action = Action(
        listing_version=change.version,
        topic=change.topic,
        policy_version=change.policy_version,
        kind=change.kind,
        severity=change.severity,
        origin=change.origin,
        clauses=list(change.clauses),
        alert=change.alert,
        decision=change.decision,
        reverses=change.reverses,
        replaces=change.replaces,
        proposal=change.proposal,
        threshold=change.threshold,
        lifts=change.lifts,
        dry_run=change.dry_run,
        reason=change.reason,
        principal_kind=change.principal.kind,
        principal=change.principal.id,
        at=now,
    )
    board.end(change.reverses, change.replaces, change.proposal)
    if change.reverses is None:
        row = StandingAction(
            listing_id=listing,
            topic=change.topic,
            target=target,
            stage=change.stage,
            dry_run=change.dry_run,
            cause=_cause(change),
            until_reviewed=change.until_reviewed,
        )
        row.action = action
        board.begin(row)
    action.standing = board.strongest(change.version, target)
    return action
