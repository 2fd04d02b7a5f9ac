"""Reviewing through the API: the next item, blind, and the verdict on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from django.contrib.auth import get_user_model
from starlette.responses import Response
from starlette.routing import Route

from mimawari.errors import FieldProblem, ForbiddenError, InvalidInputError
from mimawari.service.accounts.authority import require
from mimawari.service.accounts.keys import Holder, Scope
from mimawari.service.accounts.permissions import Permission
from mimawari.service.api.answers import refuse
from mimawari.service.api.handling import handle
from mimawari.service.ops import generations
from mimawari.service.review import queue
from mimawari.service.review.blind import blind_item
from mimawari.service.review.models import Alert

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser
    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from mimawari.service.api.auth import KeyRing

GREATEST = 2**63 - 1
Said = Literal["violates", "does_not_violate", "cannot_tell"]


class Wanted(msgspec.Struct, forbid_unknown_fields=True):
    """Which topic to review; any of them where it is left out."""

    topic: str | None = None


class Judged(msgspec.Struct, forbid_unknown_fields=True):
    """A verdict, and how many seconds the moderator looked."""

    verdict: Said
    seconds: Annotated[float, msgspec.Meta(ge=0, le=3_600)] = 0.0


class Saved(msgspec.Struct):
    """The decision stands; ``status`` is ``saved``, or ``already_saved`` for a repetition."""

    alert: int
    verdict: str
    status: str


class ReviewRoutes:
    """The handlers, bound to the keys."""

    def __init__(self, keys: KeyRing) -> None:
        self.keys = keys

    async def next_review(self, request: Request) -> Response:
        """Lease the next item to the key's moderator; 204 where nothing waits."""
        return await handle(self.keys, request, Scope.REVIEW, Wanted, _next)

    async def review(self, request: Request) -> Response:
        """Save a verdict; saying the same twice is harmless."""
        number = int(request.path_params["alert"])

        def work(holder: Holder, body: Judged) -> object:
            return _decide(holder, number, body)

        return await handle(self.keys, request, Scope.REVIEW, Judged, work)

    def table(self) -> list[BaseRoute]:
        """Give the routes under /api."""
        return [
            Route("/v1/reviews:next", self.next_review, methods=["POST"]),
            Route("/v1/reviews/{alert:int}", self.review, methods=["POST"]),
        ]


def _moderator(holder: Holder) -> AbstractBaseUser:
    """Give the account that decides, as it was read when the key was verified."""
    assert holder.moderator is not None, "keys with the scope are bound to an account"
    return get_user_model()(pk=holder.moderator, username=holder.moderator_name)


def _next(holder: Holder, wanted: Wanted) -> object:
    topics = None
    if wanted.topic is not None:
        newest = generations.serving()
        known = sorted(newest.manifest.topics) if newest else []
        if wanted.topic not in known:
            remedy = f"use {', '.join(known)}" if known else "activate a topic file first"
            raise InvalidInputError(FieldProblem("topic", "is not in force", remedy))
        require(holder.principal, Permission.REVIEW, wanted.topic)
        topics = [wanted.topic]
    alert = queue.next_alert(_moderator(holder), topics, authority=holder.authority)
    return blind_item(alert) if alert else Response(status_code=204)


def _decide(holder: Holder, number: int, judged: Judged) -> object:
    alert = Alert.objects.filter(pk=number).first() if number <= GREATEST else None
    if alert is None:
        return refuse(404, "alert", f"{str(number)[:20]} is unknown", "take the next item")
    moderator = _moderator(holder)
    try:
        queue.decide(alert, moderator, judged.verdict, judged.seconds, holder.authority)
    except InvalidInputError as error:
        if queue.already_said(alert, moderator, judged.verdict):
            return Saved(alert.pk, judged.verdict, "already_saved")
        if isinstance(error, ForbiddenError):
            raise
        problem = error.problems[0]
        return refuse(409, problem.field, problem.problem, problem.remedy)
    return Saved(alert.pk, judged.verdict, "saved")
