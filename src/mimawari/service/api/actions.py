"""Actions, what is to be done with a listing, and strikes of a seller."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import Meta

from mimawari.errors import FieldProblem, ForbiddenError, InvalidInputError
from mimawari.service.accounts.permissions import Permission
from mimawari.service.actions import lifting, reading, strikes
from mimawari.service.actions.outcome import Outcome, outcome_of, restrictions_of
from mimawari.service.api import tags
from mimawari.service.api.bodies import NO_BODY, Body, Nothing
from mimawari.service.api.examples import actions as examples
from mimawari.service.api.examples.actions import Actions, ActionTold, SellerStrikes
from mimawari.service.api.operation import Answer, Operation, RefusedError
from mimawari.service.platform import clock

if TYPE_CHECKING:
    from collections.abc import Callable

    from mimawari.records.principal import Principal
    from mimawari.service.actions.models import Action
    from mimawari.service.api.operation import Call

Name = Annotated[str, Meta(pattern=r"^[^\x00]*$")]


class Chosen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which actions; all of them where nothing is named."""

    listing: Annotated[Name, Meta(description="Of this listing only.")] = ""
    seller: Annotated[Name, Meta(description="Of this seller's listings only.")] = ""
    topic: Annotated[Name, Meta(description="Of this topic only.")] = ""
    stage: Annotated[
        Literal["", "in_force", "proposed"],
        Meta(description="Those only that are in force now, or proposed."),
    ] = ""
    before: Annotated[
        int, Meta(ge=0, le=reading.NEWEST, description="Only those with lower numbers.")
    ] = reading.NEWEST
    limit: Annotated[
        int, Meta(ge=1, le=reading.MOST, description="At most so many, the newest.")
    ] = reading.USUAL


class ActionAddress(msgspec.Struct, frozen=True):
    """Which action."""

    action: Annotated[int, Meta(ge=1, le=reading.NEWEST, description="The action's number.")]


class ListingName(msgspec.Struct, frozen=True):
    """Which listing."""

    id: Annotated[Name, Meta(description="The listing's identifier, percent-encoded.")]


class SellerName(msgspec.Struct, frozen=True):
    """Which seller."""

    seller: Annotated[Name, Meta(description="The seller's identifier, percent-encoded.")]


class ActionReason(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why somebody does something about an action."""

    reason: Annotated[str, Meta(min_length=1, max_length=lifting.MOST_REASON)]


@Operation(
    method="GET",
    path="/api/v1/actions",
    id="listActions",
    tag=tags.ACTIONS,
    summary="What was to be done about listings and sellers, newest first.",
    permission=Permission.ACTIONS,
    parameters=Chosen(listing="1001"),
    body=NO_BODY,
    answers=(Answer(200, "Actions", Actions, examples.ACTIONS),),
)
def list_actions(call: Call[Chosen, Nothing]) -> Actions:
    """Give actions, newest first."""
    asked = call.parameters
    actions = reading.actions_of(
        listing=asked.listing,
        seller=asked.seller,
        topic=asked.topic,
        topics=call.holder.authority.topics,
        stage=asked.stage,
        before=asked.before,
        most=asked.limit + 1,
    )
    page = actions[: asked.limit]
    more = page[-1].id if len(actions) > len(page) else None
    return Actions([examples.told(action) for action in page], more)


@Operation(
    method="POST",
    path="/api/v1/actions/{action}/lift",
    id="liftAction",
    tag=tags.ACTIONS,
    summary="Take an action or a proposal back; its opposite is sent where it was sent.",
    permission=Permission.ACT,
    parameters=ActionAddress(1),
    body=Body(ActionReason, ActionReason("a museum shows it")),
    answers=(Answer(200, "What takes it back", ActionTold, examples.LIFTED),),
    refusals={404: "Unknown action", 409: "It is not in force any more"},
)
def lift(call: Call[ActionAddress, ActionReason]) -> ActionTold:
    """Take an action back; asking twice is harmless."""
    return _done(lifting.lift, call)


@Operation(
    method="POST",
    path="/api/v1/actions/{action}/take",
    id="takeAction",
    tag=tags.ACTIONS,
    summary="Take a proposal: it is in force from now on.",
    permission=Permission.ACT,
    parameters=ActionAddress(1),
    body=Body(ActionReason, ActionReason("agreed")),
    answers=(Answer(200, "What is in force now", ActionTold, examples.TAKEN),),
    refusals={404: "Unknown action", 409: "It is no proposal, or not one any more"},
)
def take(call: Call[ActionAddress, ActionReason]) -> ActionTold:
    """Take a proposal; asking twice is harmless."""
    return _done(lifting.take, call)


def _done(
    do: Callable[[int, Principal, str], Action], call: Call[ActionAddress, ActionReason]
) -> ActionTold:
    try:
        action = do(call.parameters.action, call.holder.principal, call.body.reason)
    except ForbiddenError:
        raise
    except lifting.UnknownActionError as error:
        raise RefusedError(404, error.problems[0]) from error
    except InvalidInputError as error:
        if error.problems[0].field == "reason":
            raise
        raise RefusedError(409, error.problems[0]) from error
    return examples.told(reading.records([action])[0])


@Operation(
    method="GET",
    path="/api/v1/outcomes/{id}",
    id="getOutcome",
    tag=tags.ACTIONS,
    summary="What is to be done with a listing now: the strongest over all topics.",
    permission=Permission.ACTIONS,
    parameters=ListingName("1001"),
    body=NO_BODY,
    answers=(Answer(200, "What is to be done", Outcome, examples.OUTCOME),),
    refusals={404: "Unknown listing"},
)
def outcome(call: Call[ListingName, Nothing]) -> Outcome:
    """Give what is to be done with a listing."""
    known = outcome_of(call.parameters.id)
    if known is None:
        problem = FieldProblem("id", f"{call.parameters.id[:80]!r} is unknown", "check it")
        raise RefusedError(404, problem)
    return known


@Operation(
    method="GET",
    path="/api/v1/strikes/{seller}",
    id="getStrikes",
    tag=tags.ACTIONS,
    summary="The strikes that count against a seller now.",
    permission=Permission.ACTIONS,
    parameters=SellerName("s7"),
    body=NO_BODY,
    answers=(Answer(200, "Strikes; none for a seller who is not known", SellerStrikes,
                    examples.STRIKES),),
)  # fmt: skip
def get_strikes(call: Call[SellerName, Nothing]) -> SellerStrikes:
    """Give a seller's strikes; those of other topics count in the total only."""
    seller, now = call.parameters.seller, clock.database_now()
    authority = call.holder.authority
    shown = [s for s in strikes.listed(seller, now) if authority.concerns(s.topic)]
    return SellerStrikes(
        seller, strikes.total_of(seller, now), bool(restrictions_of(seller)), shown
    )


ENDPOINTS = (list_actions, lift, take, outcome, get_strikes)
