"""Decide on listings that a moderator found, with or without an alert, and take that back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import Meta

from mimawari.errors import FieldProblem, ForbiddenError, InvalidInputError
from mimawari.service.accounts.permissions import Permission
from mimawari.service.api import tags
from mimawari.service.api.bodies import NO_BODY, Body, Nothing
from mimawari.service.api.examples import decisions as examples
from mimawari.service.api.examples.decisions import GroupAnswer, GroupUndone
from mimawari.service.api.operation import NO_PARAMETERS, Answer, Operation, RefusedError
from mimawari.service.api.reviews import GREATEST, moderator_of
from mimawari.service.review import group_undo, groups
from mimawari.service.review.group_reading import group_state, state_of
from mimawari.service.review.group_request import MOST_KEY, MOST_LISTINGS, GroupRequest, Shown
from mimawari.service.review.words import MOST

if TYPE_CHECKING:
    from mimawari.service.api.operation import Call, NoParameters

# PostgreSQL takes no NUL in a query, and no listing has one.
_TEXT = r"^[^\x00]*$"


class ShownListing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A listing and the version of it that was looked at, which has to be the newest still."""

    id: Annotated[str, Meta(pattern=_TEXT, min_length=1)]
    version: Annotated[int, Meta(ge=0, le=2**53)]


class GroupWanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One judgement on one listing or many.

    ``key`` is the caller's own name for the request: sent again, it decides nothing twice.
    ``clause`` is one of the policy's, where it violates; with ``policy_version`` nothing is
    decided once another one is in force.
    """

    key: Annotated[str, Meta(pattern=_TEXT, min_length=1, max_length=MOST_KEY)]
    topic: Annotated[str, Meta(pattern=_TEXT, max_length=40)]
    verdict: Literal["violates", "does_not_violate"]
    listings: Annotated[list[ShownListing], Meta(min_length=1, max_length=MOST_LISTINGS)]
    clause: Annotated[str, Meta(max_length=40)] = ""
    note: Annotated[str, Meta(max_length=MOST)] = ""
    policy_version: Annotated[int, Meta(ge=1, le=2**31)] | None = None


class GroupAddress(msgspec.Struct, frozen=True):
    """Which group of decisions."""

    group: Annotated[int, Meta(ge=1, le=GREATEST, description="The group's number.")]


class UndoWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What of a group is taken back: one decision, or all of them where it is left out."""

    decision: Annotated[int, Meta(ge=1, le=GREATEST)] | None = None


@Operation(
    method="POST",
    path="/api/v1/decisions",
    id="decideListings",
    tag=tags.REVIEWS,
    summary="Decide on listings that the key's moderator found, with or without an alert.",
    permission=Permission.REVIEW,
    parameters=NO_PARAMETERS,
    body=Body(
        GroupWanted,
        GroupWanted(
            key="shop-7-20261102",
            topic="weapons",
            verdict="violates",
            listings=[ShownListing("1001", 1), ShownListing("1002", 1)],
        ),
    ),
    answers=(Answer(200, "What was decided, and what was not", GroupAnswer, examples.DECIDED),),
    refusals={409: "The key named another request, or another policy is in force by now"},
)
def decide(call: Call[NoParameters, GroupWanted]) -> GroupAnswer:
    """Decide on listings; what cannot be decided is named, and the others are decided."""
    wanted, user = call.body, moderator_of(call.holder)
    request = GroupRequest(
        key=wanted.key,
        topic=wanted.topic,
        verdict=wanted.verdict,
        clause=wanted.clause,
        note=wanted.note,
        listings=tuple(Shown(row.id, row.version) for row in wanted.listings),
        policy_version=wanted.policy_version,
    )
    try:
        outcome = groups.decide(request, user, call.holder.authority)
    except ForbiddenError:
        raise
    except InvalidInputError as error:
        raise _refusal(error) from error
    if outcome.group is not None:
        return examples.told(state_of(outcome.group))
    return GroupAnswer(
        group=None,
        topic=request.topic,
        verdict=request.verdict,
        clause=request.clause or None,
        policy_version=None,
        decided=[],
        refused=[examples.refused(row) for row in outcome.refused],
    )


def _refusal(error: InvalidInputError) -> Exception:
    """Give a status of its own to what was right when it was written."""
    (problem, *others) = error.problems
    taken = isinstance(error, groups.KeyTakenError)
    changed = problem.field == "policy_version" and not others
    return RefusedError(409, problem) if taken or changed else error


@Operation(
    method="GET",
    path="/api/v1/decisions/{group}",
    id="getDecisionGroup",
    tag=tags.REVIEWS,
    summary="What became of one request of the key's moderator, and what was taken back since.",
    permission=Permission.REVIEW,
    parameters=GroupAddress(7),
    body=NO_BODY,
    answers=(Answer(200, "The group", GroupAnswer, examples.DECIDED),),
    refusals={404: "Unknown group"},
)
def get_group(call: Call[GroupAddress, Nothing]) -> GroupAnswer:
    """Give a group of the moderator's own."""
    number, user = call.parameters.group, moderator_of(call.holder)
    state = group_state(number, call.holder.authority, int(user.pk))
    if state is None:
        raise RefusedError(404, FieldProblem("group", f"{number} is none of yours", "check it"))
    return examples.told(state)


@Operation(
    method="POST",
    path="/api/v1/decisions/{group}/undo",
    id="undoDecisionGroup",
    tag=tags.REVIEWS,
    summary="Take back all that was decided by one request, or one decision of it.",
    permission=Permission.REVIEW,
    parameters=GroupAddress(7),
    body=Body(UndoWanted, UndoWanted(42)),
    answers=(Answer(200, "What was taken back", GroupUndone, examples.UNDONE),),
    refusals={404: "Unknown group"},
)
def undo(call: Call[GroupAddress, UndoWanted]) -> GroupUndone:
    """Take decisions back; asking twice is harmless."""
    number, user = call.parameters.group, moderator_of(call.holder)
    try:
        undone = group_undo.take_back(number, user, call.holder.authority, call.body.decision)
    except ForbiddenError:
        raise
    except InvalidInputError as error:
        if error.problems[0].field == "group":
            raise RefusedError(404, error.problems[0]) from error
        raise
    return GroupUndone(number, [decision.pk for decision in undone])


ENDPOINTS = (decide, get_group, undo)
