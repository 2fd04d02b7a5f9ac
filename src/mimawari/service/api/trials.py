"""What back-tests and experiments have in common: list, start, show and stop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeVar

import msgspec
from msgspec import Meta

from mimawari.errors import FieldProblem
from mimawari.service.accounts.permissions import Permission
from mimawari.service.api.bodies import NO_BODY, Body, Nothing
from mimawari.service.api.examples import trials as examples
from mimawari.service.api.operation import (
    NO_PARAMETERS,
    Answer,
    Call,
    Operation,
    RefusedError,
    Tag,
)
from mimawari.service.trials import trials
from mimawari.service.trials.models import Kind, Trial
from mimawari.service.trials.starting import Start
from mimawari.service.trials.trial_summary import TrialList, TrialSummary, list_trials, summarise

if TYPE_CHECKING:
    from mimawari.service.api.operation import Endpoint, NoParameters

S = TypeVar("S", bound=Start)
GREATEST = 2**63 - 1
TEXT = Meta(pattern=r"^[^\x00]*$", min_length=1, max_length=2_000)  # PostgreSQL keeps no NUL
UNKNOWN = {404: "Unknown trial"}
SHOWN = (Answer(200, "Everything known of it", TrialSummary, examples.TRIAL),)


class TrialAddress(msgspec.Struct, frozen=True):
    """Which trial."""

    trial: Annotated[int, Meta(ge=1, le=GREATEST, description="The trial's number.")]


class TrialQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which trials to list."""

    topic: Annotated[str, Meta(pattern=r"^[^\x00]*$", description="Of this topic only.")] = ""
    limit: Annotated[int, Meta(ge=1, le=1_000, description="At most so many.")] = 1_000


class Why(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why something is done; kept in the ledger."""

    reason: Annotated[str, TEXT]


class Group(msgspec.Struct, frozen=True):
    """Operations on some kinds of trials under one path.

    Parameters
    ----------
    noun, name
        What a trial is called in texts, and in the names of operations.
    """

    path: str
    noun: str
    name: str
    tag: Tag
    kinds: tuple[Kind, ...]

    def trial(self, number: int) -> Trial:
        """Find a trial of the kinds.

        Raises
        ------
        RefusedError
            Where there is none.
        """
        trial = Trial.objects.filter(kind__in=self.kinds, pk=number).first()
        if trial is None:
            raise RefusedError(404, FieldProblem("trial", f"{number} is unknown", "see the list"))
        return trial


def listing(group: Group) -> Endpoint:
    """Declare how trials are listed."""

    @Operation(
        method="GET",
        path=group.path,
        id=f"list{group.name}s",
        tag=group.tag,
        summary=f"The {group.noun}s, those that run first.",
        permission=Permission.TRIALS,
        parameters=TrialQuery("weapons", 20),
        body=NO_BODY,
        answers=(Answer(200, "The list", TrialList, examples.TRIALS),),
    )
    def handler(call: Call[TrialQuery, Nothing]) -> TrialList:
        return list_trials(group.kinds, call.parameters.topic, call.parameters.limit)

    return handler


def starting(group: Group, body: Body[S]) -> Endpoint:
    """Declare how a trial is started."""

    @Operation(
        method="POST",
        path=group.path,
        id=f"start{group.name}",
        tag=group.tag,
        summary=f"Start one {group.noun}.",
        permission=Permission.RUN_TRIALS,
        parameters=NO_PARAMETERS,
        body=body,
        answers=(Answer(201, "Started", TrialSummary, examples.TRIAL),),
    )
    def handler(call: Call[NoParameters, S]) -> TrialSummary:
        return summarise(trials.start(call.body, call.holder.principal))

    return handler


def showing(group: Group) -> Endpoint:
    """Declare how one trial is shown."""

    @Operation(
        method="GET",
        path=f"{group.path}/{{trial}}",
        id=f"get{group.name}",
        tag=group.tag,
        summary=f"State, evidence and events of one {group.noun}.",
        permission=Permission.TRIALS,
        parameters=TrialAddress(1),
        body=NO_BODY,
        answers=SHOWN,
        refusals=UNKNOWN,
    )
    def handler(call: Call[TrialAddress, Nothing]) -> TrialSummary:
        return summarise(group.trial(call.parameters.trial))

    return handler


def stopping(group: Group) -> Endpoint:
    """Declare how a trial is stopped."""

    @Operation(
        method="POST",
        path=f"{group.path}/{{trial}}:stop",
        id=f"stop{group.name}",
        tag=group.tag,
        summary=f"Stop one {group.noun} before its decision.",
        permission=Permission.RUN_TRIALS,
        parameters=TrialAddress(1),
        body=Body(Why, Why("the policy changes tomorrow")),
        answers=SHOWN,
        refusals=UNKNOWN,
    )
    def handler(call: Call[TrialAddress, Why]) -> TrialSummary:
        trial = group.trial(call.parameters.trial)
        return summarise(trials.stop(trial, call.holder.principal, call.body.reason))

    return handler
