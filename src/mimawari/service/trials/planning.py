"""The planner as commands, API and page ask it: by overlap, precision and smallest useful gain."""

from __future__ import annotations

import functools
import math

import msgspec

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.evaluation.planner import Inputs, Plan
from mimawari.evaluation.planner import plan as make
from mimawari.service.trials.plan_request import PlanRequest


class Cost(msgspec.Struct):
    """Reviews and days of one design; null where a chance is never reached.

    ``reviews`` and ``days`` decide half of all cases, ``most_reviews`` and ``most_days`` as many
    as the power says. ``bound`` is the least mean of any such test.
    """

    design: str
    reviews: float | None
    most_reviews: float | None
    days: float | None
    most_days: float | None
    bound: float | None


class Planned(msgspec.Struct):
    """The designs, the quickest first, and whether any decides within ``most_weeks``."""

    decidable: bool
    statement: str
    designs: list[Cost]


@functools.lru_cache(maxsize=64)
def plan_of(request: PlanRequest) -> Plan:
    """Plan a comparison, once for the same request.

    Raises
    ------
    InvalidInputError
        Naming every value that is out of range.

    Examples
    --------
    >>> plan_of(PlanRequest(precision=0.3, capacity=200, overlap=0.98)).decidable
    False
    """
    for name in PlanRequest.__struct_fields__:
        value = getattr(request, name)
        if isinstance(value, float) and not math.isfinite(value):
            raise InvalidInputError(FieldProblem(name, f"is {value}", "give a number"))
    if not 0 <= request.overlap <= 1:
        problem = FieldProblem("overlap", f"is {request.overlap}", "give a share, 0 to 1")
        raise InvalidInputError(problem)
    return make(_inputs(request))


def _inputs(request: PlanRequest) -> Inputs:
    """Turn a request into the planner's own terms."""
    given = request.differing_precision
    return Inputs(
        capacity=request.capacity,
        differing=round((1 - request.overlap) * request.capacity, 9),
        p_a=request.precision / 2 if given is None else given,
        precision=request.precision,
        gain=request.gain,
        alpha=request.alpha,
        beta=round(1 - request.power, 9),
        listings=request.listings,
        window_days=request.window_days,
        reviews_per_day=request.reviews_per_day,
        most_weeks=request.most_weeks,
        dispersion=request.dispersion,
    )


def planned(plan: Plan) -> Planned:
    """Give a plan as data."""
    return Planned(
        plan.decidable,
        plan.statement,
        [
            Cost(
                design.name,
                _finite(design.reviews),
                _finite(design.most_reviews),
                _finite(design.days),
                _finite(design.most_days),
                _finite(design.bound),
            )
            for design in plan.designs
        ],
    )


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
