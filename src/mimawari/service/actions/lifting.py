"""What somebody does about an action: take a proposal, or take an action back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.db import transaction

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.records.action import ActionKind, Origin, Target
from mimawari.service.accounts.authority import require
from mimawari.service.accounts.permissions import Permission
from mimawari.service.actions.board import Board, in_stage
from mimawari.service.actions.models import Action, Stage, StandingAction
from mimawari.service.actions.writing import Change, reversal, write
from mimawari.service.platform import clock

if TYPE_CHECKING:
    from mimawari.records.principal import Principal

MOST_REASON = 1_000


class UnknownActionError(InvalidInputError):
    """There is no action of this number."""


def lift(number: int, principal: Principal, reason: str) -> Action:
    """Take an action or a proposal back, and give what does; once, however often it is asked.

    Raises
    ------
    InvalidInputError
        It is unknown, itself takes one back, or another took its place.
    ForbiddenError
        The principal may not.
    """
    with transaction.atomic():
        action = _found(number, principal, reason)
        if action.reverses_id is not None:
            raise _refusal(number, "takes one back itself", "lift the action that holds now")
        board = _board(action)
        row = _holding(board, action)
        if row is None:
            if done := Action.objects.filter(reverses=action).first():
                return done
            raise _refusal(number, _gone(action), "lift the one that holds now")
        change = reversal(row, principal, Origin.DECIDED, reason=reason.strip())
        settled = [reversal(proposal, principal) for proposal in board.lift_proposals(action)]
        return write(board, [change, *settled], clock.database_now())[0]


def take(number: int, principal: Principal, reason: str) -> Action:
    """Take a proposal: it holds from now on, and is sent; once, however often it is asked.

    One that proposes to lift a restriction is taken by lifting it; that is what is given then.

    Raises
    ------
    InvalidInputError
        It is unknown, no proposal, or taken back or replaced meanwhile.
    ForbiddenError
        The principal may not.
    """
    with transaction.atomic():
        action = _found(number, principal, reason)
        board = _board(action)
        row = _holding(board, action)
        if row is None and (done := Action.objects.filter(proposal=action).first()):
            return done
        if action.origin != Origin.PROPOSED or action.reverses_id is not None:
            raise _refusal(number, "is no proposal", "take one that is")
        if row is None:
            raise _refusal(number, _gone(action), "take the one that is proposed now")
        make = _lifted if row.lifts else _in_force
        change = make(board, row, principal, reason.strip())
        return write(board, [change], clock.database_now())[0]


def _in_force(board: Board, row: StandingAction, principal: Principal, reason: str) -> Change:
    """Give what puts a proposal in force."""
    action = row.action
    rows = board.of(row.listing_id, row.topic, Target(row.target))
    rows = [held for held in rows if held.cause == row.cause]
    return Change(
        version=action.listing_version,
        topic=action.topic,
        policy_version=action.policy_version,
        kind=ActionKind(action.kind),
        origin=Origin.DECIDED,
        stage=Stage.IN_FORCE,
        principal=principal,
        dry_run=action.dry_run,
        severity=action.severity,
        clauses=tuple(action.clauses),
        alert=action.alert,
        decision=action.decision,
        replaces=in_stage(rows, Stage.IN_FORCE, action.dry_run),
        proposal=action,
        threshold=action.threshold,
        reason=reason,
    )


def _lifted(board: Board, row: StandingAction, principal: Principal, reason: str) -> Change:
    """Give what lifts the restriction that a proposal speaks of: what lifts it, settles both."""
    restriction = next(held for held in board.rows if held.pk == row.action.lifts_id)
    lifted = reversal(restriction, principal, Origin.DECIDED, reason=reason)
    return msgspec.structs.replace(lifted, proposal=row.action)


def _found(number: int, principal: Principal, reason: str) -> Action:
    """Find an action of a topic that the principal may change actions of."""
    rows = Action.objects.select_related("listing_version")
    action = rows.defer("listing_version__payload").filter(pk=number).first()
    require(principal, Permission.ACT, *([action.topic] if action else []))
    if action is None:
        remedy = "see 'mimawari actions list' or GET /api/v1/actions"
        raise UnknownActionError(FieldProblem("action", f"{number} is unknown", remedy))
    if not reason.strip() or len(reason) > MOST_REASON:
        problem = f"is over {MOST_REASON:,} characters" if reason.strip() else "is empty"
        raise InvalidInputError(
            FieldProblem("reason", problem, "say why, shortly; the ledger keeps it")
        )
    return action


def _board(action: Action) -> Board:
    version = action.listing_version
    return Board([version.listing_id], [version.seller_id])


def _holding(board: Board, action: Action) -> StandingAction | None:
    return next((row for row in board.rows if row.pk == action.pk), None)


def _gone(action: Action) -> str:
    later = Action.objects.filter(replaces=action).values_list("pk", flat=True).first()
    later = later or Action.objects.filter(proposal=action).values_list("pk", flat=True).first()
    return f"gave way to action {later}" if later else "was taken back"


def _refusal(number: int, problem: str, remedy: str) -> InvalidInputError:
    return InvalidInputError(FieldProblem("action", f"{number} {problem}", remedy))
