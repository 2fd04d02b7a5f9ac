"""Endpoints of webhooks: added, listed, tested, rotated, switched, and sent to once more."""

from __future__ import annotations

from datetime import datetime, timedelta  # read by msgspec
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta

from mimawari.errors import FieldProblem
from mimawari.service.accounts.permissions import Permission
from mimawari.service.api import tags
from mimawari.service.api.bodies import NO_BODY, Body
from mimawari.service.api.examples import events as examples
from mimawari.service.api.examples.listings import NOON
from mimawari.service.api.operation import NO_PARAMETERS, Answer, Operation, RefusedError
from mimawari.service.api.trials import GREATEST, TEXT, Why
from mimawari.service.delivery import endpoints
from mimawari.service.delivery.models import Endpoint
from mimawari.service.delivery.signing import EXAMPLE_SECRET
from mimawari.service.delivery.status import (
    DeadLetter,
    EndpointSummary,
    dead_letter,
    summaries,
    summary,
)
from mimawari.service.delivery.testing import MESSAGE, send_test

if TYPE_CHECKING:
    from mimawari.service.api.bodies import Nothing
    from mimawari.service.api.operation import Call, NoParameters

PATH = "/api/v1/webhooks"
OVERLAP_HOURS = endpoints.OVERLAP // timedelta(hours=1)
LONGEST_HOURS = endpoints.LONGEST_OVERLAP // timedelta(hours=1)
UNKNOWN = {404: "Unknown endpoint"}
Url = Annotated[str, Meta(min_length=1, max_length=endpoints.MOST_URL, pattern=r"^[^\x00]*$")]
Words = Annotated[str, Meta(max_length=endpoints.MOST_URL, pattern=r"^[^\x00]*$")]
Since = Annotated[datetime, Meta(tz=True)]


class EndpointAddress(msgspec.Struct, frozen=True):
    """Which endpoint."""

    endpoint: Annotated[int, Meta(ge=1, le=GREATEST, description="The endpoint's number.")]


class NewEndpoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where to send what; all types from now on where neither is named."""

    url: Url
    description: Words = ""
    types: tuple[str, ...] = ()
    since: Since | None = None


class Rotation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For how long the old secret signs beside the new one."""

    overlap_hours: Annotated[int, Meta(ge=0, le=LONGEST_HOURS)] = OVERLAP_HOURS


class Replay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From when on everything is sent once more, and why."""

    since: Since
    reason: Annotated[str, TEXT]


class TestMessage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the test says."""

    message: Words = MESSAGE


class Endpoints(msgspec.Struct, frozen=True):
    """Every endpoint."""

    endpoints: list[EndpointSummary]


class WithSecret(msgspec.Struct, frozen=True):
    """An endpoint and its new secret, which is shown this once."""

    endpoint: EndpointSummary
    secret: str


class Tested(msgspec.Struct, frozen=True):
    """What came back; ``status`` is None where nothing did."""

    delivered: bool
    status: int | None
    problem: str
    answer: str
    seconds: float


class DeadLetters(msgspec.Struct, frozen=True):
    """What an endpoint never took, the newest first."""

    dead: list[DeadLetter]


SHOWN = (Answer(200, "The endpoint", EndpointSummary, examples.ENDPOINT),)
SECRET = WithSecret(examples.ENDPOINT, EXAMPLE_SECRET)


@Operation(
    method="GET",
    path=PATH,
    id="listWebhooks",
    tag=tags.EVENTS,
    summary="Every endpoint: what waits, what is dead, what was answered last.",
    permission=Permission.WEBHOOKS,
    parameters=NO_PARAMETERS,
    body=NO_BODY,
    answers=(Answer(200, "The list", Endpoints, Endpoints([examples.ENDPOINT])),),
)
def list_webhooks(_call: Call[NoParameters, Nothing]) -> Endpoints:
    """List the endpoints."""
    return Endpoints(summaries())


@Operation(
    method="POST",
    path=PATH,
    id="addWebhook",
    tag=tags.EVENTS,
    summary="Add an endpoint; its secret is shown once.",
    permission=Permission.WEBHOOKS,
    parameters=NO_PARAMETERS,
    body=Body(NewEndpoint, NewEndpoint("https://shop.example/moderation", "the shop")),
    answers=(Answer(201, "Added", WithSecret, SECRET),),
)
def add_webhook(call: Call[NoParameters, NewEndpoint]) -> WithSecret:
    """Add an endpoint."""
    wanted, actor = call.body, call.holder.principal
    endpoint, secret = endpoints.add(
        wanted.url, actor, wanted.types, wanted.description, wanted.since
    )
    return WithSecret(summary(endpoint), secret)


@Operation(
    method="POST",
    path=f"{PATH}/{{endpoint}}:rotate",
    id="rotateWebhookSecret",
    tag=tags.EVENTS,
    summary="Give an endpoint a new secret, shown once; the old one signs beside it for a time.",
    permission=Permission.WEBHOOKS,
    parameters=EndpointAddress(1),
    body=Body(Rotation, Rotation()),
    answers=(Answer(200, "The new secret", WithSecret, SECRET),),
    refusals=UNKNOWN,
)
def rotate_secret(call: Call[EndpointAddress, Rotation]) -> WithSecret:
    """Rotate an endpoint's secret."""
    number = _known(call.parameters).pk
    overlap = timedelta(hours=call.body.overlap_hours)
    secret = endpoints.rotate(number, call.holder.principal, overlap)
    return WithSecret(summary(endpoints.find(number)), secret)


@Operation(
    method="POST",
    path=f"{PATH}/{{endpoint}}:test",
    id="testWebhook",
    tag=tags.EVENTS,
    summary="Send one event that tells of nothing, now; says what came back.",
    permission=Permission.WEBHOOKS,
    parameters=EndpointAddress(1),
    body=Body(TestMessage, TestMessage("Does this arrive?")),
    answers=(Answer(200, "What came back", Tested, Tested(True, 204, "", "", 0.031)),),
    refusals=UNKNOWN,
)
def test_webhook(call: Call[EndpointAddress, TestMessage]) -> Tested:
    """Test an endpoint."""
    number = _known(call.parameters).pk
    attempt = send_test(number, call.holder.principal, call.body.message)
    return Tested(
        attempt.delivered, attempt.status, attempt.problem, attempt.answer, attempt.seconds
    )


@Operation(
    method="POST",
    path=f"{PATH}/{{endpoint}}:disable",
    id="disableWebhook",
    tag=tags.EVENTS,
    summary="Send nothing more to an endpoint; what waits stays.",
    permission=Permission.WEBHOOKS,
    parameters=EndpointAddress(1),
    body=Body(Why, Why("the shop moves")),
    answers=SHOWN,
    refusals=UNKNOWN,
)
def disable_webhook(call: Call[EndpointAddress, Why]) -> EndpointSummary:
    """Disable an endpoint."""
    number = _known(call.parameters).pk
    endpoints.disable(number, call.holder.principal, call.body.reason)
    return summary(endpoints.find(number))


@Operation(
    method="POST",
    path=f"{PATH}/{{endpoint}}:enable",
    id="enableWebhook",
    tag=tags.EVENTS,
    summary="Go on where an endpoint was disabled.",
    permission=Permission.WEBHOOKS,
    parameters=EndpointAddress(1),
    body=Body(Why, Why("the shop has moved")),
    answers=SHOWN,
    refusals=UNKNOWN,
)
def enable_webhook(call: Call[EndpointAddress, Why]) -> EndpointSummary:
    """Enable an endpoint."""
    number = _known(call.parameters).pk
    endpoints.enable(number, call.holder.principal, call.body.reason)
    return summary(endpoints.find(number))


@Operation(
    method="POST",
    path=f"{PATH}/{{endpoint}}:replay",
    id="replayWebhook",
    tag=tags.EVENTS,
    summary="Send everything from a time on once more, under the same identifiers.",
    permission=Permission.WEBHOOKS,
    parameters=EndpointAddress(1),
    body=Body(Replay, Replay(NOON, "the shop lost a day")),
    answers=SHOWN,
    refusals=UNKNOWN,
)
def replay_webhook(call: Call[EndpointAddress, Replay]) -> EndpointSummary:
    """Replay to an endpoint."""
    number = _known(call.parameters).pk
    endpoints.replay(number, call.body.since, call.holder.principal, call.body.reason)
    return summary(endpoints.find(number))


@Operation(
    method="GET",
    path=f"{PATH}/{{endpoint}}/dead",
    id="listDeadLetters",
    tag=tags.EVENTS,
    summary="What an endpoint never took, the newest first, at most 100.",
    permission=Permission.WEBHOOKS,
    parameters=EndpointAddress(1),
    body=NO_BODY,
    answers=(Answer(200, "Dead letters", DeadLetters, DeadLetters([examples.DEAD])),),
    refusals=UNKNOWN,
)
def list_dead_letters(call: Call[EndpointAddress, Nothing]) -> DeadLetters:
    """List the dead letters of an endpoint."""
    number = _known(call.parameters).pk
    return DeadLetters([dead_letter(letter) for letter in endpoints.dead_letters(number)])


def _known(address: EndpointAddress) -> Endpoint:
    endpoint = Endpoint.objects.filter(pk=address.endpoint).first()
    if endpoint is None:
        problem = FieldProblem("endpoint", f"{address.endpoint} is unknown", "see the list")
        raise RefusedError(404, problem)
    return endpoint


ENDPOINTS = (
    list_webhooks,
    add_webhook,
    rotate_secret,
    test_webhook,
    disable_webhook,
    enable_webhook,
    replay_webhook,
    list_dead_letters,
)
