"""The planner: what a comparison would cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.service.accounts.permissions import Permission
from mimawari.service.api import tags
from mimawari.service.api.bodies import Body
from mimawari.service.api.examples import plan as examples
from mimawari.service.api.operation import NO_PARAMETERS, Answer, Operation
from mimawari.service.trials.plan_request import PlanRequest
from mimawari.service.trials.planning import Planned, plan_of, planned

if TYPE_CHECKING:
    from mimawari.service.api.operation import Call, NoParameters


@Operation(
    method="POST",
    path="/api/v1/plan",
    id="planComparison",
    tag=tags.PLANNER,
    summary="What a comparison will cost in reviews and days, by design.",
    permission=Permission.TRIALS,
    parameters=NO_PARAMETERS,
    body=Body(PlanRequest, examples.REQUEST),
    answers=(Answer(200, "The plan", Planned, examples.PLANNED),),
)
def plan(call: Call[NoParameters, PlanRequest]) -> Planned:
    """Say what a comparison would cost."""
    return planned(plan_of(call.body))


ENDPOINTS = (plan,)
