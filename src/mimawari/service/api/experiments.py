"""Experiments, and the guards that follow them: a candidate on what arrives now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec

from mimawari.records.fields import convert
from mimawari.service.accounts.permissions import Permission
from mimawari.service.api import tags
from mimawari.service.api.bodies import Body
from mimawari.service.api.operation import NO_PARAMETERS, Answer, Operation
from mimawari.service.api.trials import (
    TEXT,
    UNKNOWN,
    Group,
    TrialAddress,
    Why,
    listing,
    showing,
    starting,
    stopping,
)
from mimawari.service.trials import trials
from mimawari.service.trials.families import decide_family
from mimawari.service.trials.models import Kind
from mimawari.service.trials.starting import ExperimentStart

if TYPE_CHECKING:
    from mimawari.service.api.operation import Call, NoParameters

EXPERIMENTS = Group(
    "/api/v1/experiments",
    "experiment",
    "Experiment",
    tags.EXPERIMENTS,
    (Kind.EXPERIMENT, Kind.GUARD),
)
EXAMPLE = convert(
    {
        "candidate": "weapons-0123456789ab",
        "reason": "promoted by its back-test",
        "after": 1,
        "mode": "safe",
    },
    ExperimentStart,
)


class Finished(msgspec.Struct, frozen=True):
    """The candidate is in force from this generation on."""

    trial: int
    generation: int


class Together(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A family of trials to decide at one time, and why now."""

    family: Annotated[str, TEXT]
    reason: Annotated[str, TEXT]


class Decided(msgspec.Struct, frozen=True):
    """The outcome of each topic of a family."""

    outcomes: dict[str, str]


@Operation(
    method="POST",
    path="/api/v1/experiments/{trial}:finish",
    id="finishExperiment",
    tag=tags.EXPERIMENTS,
    summary="Bring in force what an experiment or guard decided.",
    permission=Permission.RUN_TRIALS,
    parameters=TrialAddress(1),
    body=Body(Why, Why("better in back-test and experiment")),
    answers=(Answer(200, "In force", Finished, Finished(1, 12)),),
    refusals=UNKNOWN,
)
def finish(call: Call[TrialAddress, Why]) -> Finished:
    """Bring a promoted candidate in force."""
    trial = EXPERIMENTS.trial(call.parameters.trial)
    return Finished(trial.pk, trials.finish(trial, call.holder.principal, call.body.reason))


@Operation(
    method="POST",
    path="/api/v1/experiments:decide",
    id="decideFamily",
    tag=tags.EXPERIMENTS,
    summary="End the trials of a family together, false promotions bounded over all of them.",
    permission=Permission.RUN_TRIALS,
    parameters=NO_PARAMETERS,
    body=Body(Together, Together("november", "end of the month")),
    answers=(
        Answer(
            200,
            "What became of each",
            Decided,
            Decided({"weapons": "promote", "tickets": "undecided"}),
        ),
    ),
)
def decide(call: Call[NoParameters, Together]) -> Decided:
    """End the trials of a family together."""
    return Decided(decide_family(call.body.family, call.holder.principal, call.body.reason))


ENDPOINTS = (
    listing(EXPERIMENTS),
    starting(EXPERIMENTS, Body(ExperimentStart, EXAMPLE)),
    showing(EXPERIMENTS),
    stopping(EXPERIMENTS),
    finish,
    decide,
)
