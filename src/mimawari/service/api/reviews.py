"""Reviewing through the API: the next item, blind, and the verdict on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from django.contrib.auth import get_user_model

from mimawari.errors import FieldProblem, ForbiddenError, InvalidInputError
from mimawari.service.accounts.authority import require
from mimawari.service.accounts.permissions import Permission
from mimawari.service.admission.models import Alert
from mimawari.service.api import tags
from mimawari.service.api.bodies import Body
from mimawari.service.api.examples import reviews as examples
from mimawari.service.api.operation import NO_PARAMETERS, Answer, Operation, RefusedError
from mimawari.service.releases import generations
from mimawari.service.review import queue
from mimawari.service.review.blind_item import ReviewItem, blind_item
from mimawari.service.review.models import Passing
from mimawari.service.review.passing import already_passed_on, pass_on
from mimawari.service.review.words import MOST

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

    from mimawari.service.accounts.keys import Holder
    from mimawari.service.api.operation import Call, NoParameters

GREATEST = 2**63 - 1


class AlertAddress(msgspec.Struct, frozen=True):
    """Which alert."""

    alert: Annotated[int, msgspec.Meta(ge=1, le=GREATEST, description="The alert's number.")]


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which topic to review; any of them where it is left out.

    With ``escalated`` the items that moderators left to a lead, which needs the permission.
    """

    topic: str | None = None
    escalated: bool = False


class Judged(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A verdict, and how many seconds the moderator looked.

    ``clause`` is one of the item's, where it violates; ``note`` may say more.
    """

    verdict: Literal["violates", "does_not_violate", "cannot_tell"]
    seconds: Annotated[float, msgspec.Meta(ge=0, le=3_600)] = 0.0
    clause: Annotated[str, msgspec.Meta(max_length=40)] = ""
    note: Annotated[str, msgspec.Meta(max_length=MOST)] = ""


class PassingReason(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why the moderator does not decide the item."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=MOST)]


class Saved(msgspec.Struct, frozen=True):
    """The decision stands; ``status`` is ``saved``, or ``already_saved`` for a repetition."""

    alert: int
    verdict: str
    status: str


class Left(msgspec.Struct, frozen=True):
    """The item is left to others; ``status`` is ``saved``, or ``already_saved``."""

    alert: int
    status: str


@Operation(
    method="POST",
    path="/api/v1/reviews:next",
    id="nextReview",
    tag=tags.REVIEWS,
    summary="Lease the next item to the key's moderator, without any model's opinion.",
    permission=Permission.REVIEW,
    parameters=NO_PARAMETERS,
    body=Body(Wanted, Wanted("weapons")),
    answers=(
        Answer(200, "The item", ReviewItem, examples.ITEM),
        Answer(204, "Nothing waits"),
    ),
)
def next_review(call: Call[NoParameters, Wanted]) -> ReviewItem | None:
    """Lease the next item to the key's moderator; None where nothing waits."""
    holder, topic = call.holder, call.body.topic
    if topic is not None:
        newest = generations.serving()
        known = sorted(newest.manifest.topics) if newest else []
        if topic not in known:
            remedy = f"use {', '.join(known)}" if known else "activate a topic file first"
            raise InvalidInputError(FieldProblem("topic", "is not in force", remedy))
        require(holder.principal, Permission.REVIEW, topic)
    if call.body.escalated:
        require(holder.principal, Permission.ESCALATED)
    topics = None if topic is None else [topic]
    alert = queue.next_alert(
        moderator_of(holder), topics, authority=holder.authority, escalated=call.body.escalated
    )
    return blind_item(alert) if alert else None


@Operation(
    method="POST",
    path="/api/v1/reviews/{alert}",
    id="decideReview",
    tag=tags.REVIEWS,
    summary="Decide on an item; saying the same twice is harmless.",
    permission=Permission.REVIEW,
    parameters=AlertAddress(1),
    body=Body(Judged, Judged("violates", 12.5, note="the serial number is filed off")),
    answers=(Answer(200, "The decision stands", Saved, Saved(1, "violates", "saved")),),
    refusals={
        404: "Unknown alert",
        409: "The alert is closed or held by another moderator",
    },
)
def review(call: Call[AlertAddress, Judged]) -> Saved:
    """Save a verdict; saying the same twice is harmless."""
    judged, moderator = call.body, moderator_of(call.holder)
    alert = _alert(call.parameters)
    judgement = queue.Judgement(judged.verdict, judged.clause, judged.note)
    try:
        queue.decide(alert, moderator, judgement, judged.seconds, call.holder.authority)
    except InvalidInputError as error:
        # Asked for now only: most decisions are new.
        if queue.already_said(alert, moderator, judged.verdict, judged.clause):
            return Saved(alert.pk, judged.verdict, "already_saved")
        raise _refusal(error) from error
    return Saved(alert.pk, judged.verdict, "saved")


@Operation(
    method="POST",
    path="/api/v1/reviews/{alert}/escalate",
    id="escalateReview",
    tag=tags.REVIEWS,
    summary="Leave an item to a lead, and say why.",
    permission=Permission.REVIEW,
    parameters=AlertAddress(1),
    body=Body(PassingReason, PassingReason("I cannot tell whether this law applies")),
    answers=(Answer(200, "It is a lead's", Left, Left(1, "saved")),),
    refusals={404: "Unknown alert", 409: "The alert is closed or held by another moderator"},
)
def escalate(call: Call[AlertAddress, PassingReason]) -> Left:
    """Leave an item to a lead; asking twice is harmless."""
    return _pass_on(call, Passing.ESCALATED)


@Operation(
    method="POST",
    path="/api/v1/reviews/{alert}/skip",
    id="skipReview",
    tag=tags.REVIEWS,
    summary="Give an item back for another moderator, and say why.",
    permission=Permission.REVIEW,
    parameters=AlertAddress(1),
    body=Body(PassingReason, PassingReason("I know the seller")),
    answers=(Answer(200, "It is free again", Left, Left(1, "saved")),),
    refusals={404: "Unknown alert", 409: "The alert is closed or held by another moderator"},
)
def skip(call: Call[AlertAddress, PassingReason]) -> Left:
    """Give an item back; asking twice is harmless."""
    return _pass_on(call, Passing.SKIPPED)


def _pass_on(call: Call[AlertAddress, PassingReason], passing: Passing) -> Left:
    moderator, alert = moderator_of(call.holder), _alert(call.parameters)
    try:
        pass_on(passing, alert, moderator, call.body.reason, call.holder.authority)
    except InvalidInputError as error:
        if already_passed_on(passing, alert, moderator, call.body.reason):
            return Left(alert.pk, "already_saved")
        raise _refusal(error) from error
    return Left(alert.pk, "saved")


def _alert(address: AlertAddress) -> Alert:
    alert = Alert.objects.filter(pk=address.alert).first()
    if alert is None:
        problem = FieldProblem("alert", f"{address.alert} is unknown", "take the next item")
        raise RefusedError(404, problem)
    return alert


def _refusal(error: InvalidInputError) -> Exception:
    """Give what is refused for the state of an item a status of its own."""
    of_state = not isinstance(error, ForbiddenError) and error.problems[0].field == "alert"
    return RefusedError(409, error.problems[0]) if of_state else error


def moderator_of(holder: Holder) -> AbstractBaseUser:
    """Give the account that decides, as it was read when the key was verified."""
    assert holder.moderator is not None, "keys with the scope are bound to an account"
    return get_user_model()(pk=holder.moderator, username=holder.moderator_name)


ENDPOINTS = (next_review, review, escalate, skip)
