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

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

    from mimawari.service.accounts.keys import Holder
    from mimawari.service.api.operation import Call, NoParameters

GREATEST = 2**63 - 1


class AlertAddress(msgspec.Struct, frozen=True):
    """Which alert."""

    alert: Annotated[int, msgspec.Meta(ge=1, le=GREATEST, description="The alert's number.")]


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which topic to review; any of them where it is left out."""

    topic: str | None = None


class Judged(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A verdict, and how many seconds the moderator looked."""

    verdict: Literal["violates", "does_not_violate", "cannot_tell"]
    seconds: Annotated[float, msgspec.Meta(ge=0, le=3_600)] = 0.0


class Saved(msgspec.Struct, frozen=True):
    """The decision stands; ``status`` is ``saved``, or ``already_saved`` for a repetition."""

    alert: int
    verdict: str
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
    topics = None if topic is None else [topic]
    alert = queue.next_alert(_moderator(holder), topics, authority=holder.authority)
    return blind_item(alert) if alert else None


@Operation(
    method="POST",
    path="/api/v1/reviews/{alert}",
    id="decideReview",
    tag=tags.REVIEWS,
    summary="Decide on an item; saying the same twice is harmless.",
    permission=Permission.REVIEW,
    parameters=AlertAddress(1),
    body=Body(Judged, Judged("violates", 12.5)),
    answers=(Answer(200, "The decision stands", Saved, Saved(1, "violates", "saved")),),
    refusals={
        404: "Unknown alert",
        409: "The alert is closed or held by another moderator",
    },
)
def review(call: Call[AlertAddress, Judged]) -> Saved:
    """Save a verdict; saying the same twice is harmless."""
    number, judged = call.parameters.alert, call.body
    alert = Alert.objects.filter(pk=number).first()
    if alert is None:
        raise RefusedError(404, FieldProblem("alert", f"{number} is unknown", "take the next item"))
    moderator = _moderator(call.holder)
    try:
        queue.decide(alert, moderator, judged.verdict, judged.seconds, call.holder.authority)
    except InvalidInputError as error:
        # Asked for now only: most decisions are new.
        if queue.already_said(alert, moderator, judged.verdict):
            return Saved(alert.pk, judged.verdict, "already_saved")
        if isinstance(error, ForbiddenError):
            raise
        raise RefusedError(409, error.problems[0]) from error
    return Saved(alert.pk, judged.verdict, "saved")


def _moderator(holder: Holder) -> AbstractBaseUser:
    """Give the account that decides, as it was read when the key was verified."""
    assert holder.moderator is not None, "keys with the scope are bound to an account"
    return get_user_model()(pk=holder.moderator, username=holder.moderator_name)


ENDPOINTS = (next_review, review)
