"""The planner as commands, API and page ask it: by overlap, precision and smallest useful gain."""

from __future__ import annotations

import functools
import math
from typing import Annotated

import msgspec
from msgspec import Meta

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.evaluation.planner import Inputs, Plan
from mimawari.evaluation.planner import plan as make

Share = Annotated[float, Meta(ge=0, le=1)]


class PlanWish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known or guessed before a comparison.

    ``overlap`` is the share of the two lists that is the same, ``differing_precision`` that of
    violations among what only the champion lists (half of ``precision`` where it is left out),
    ``power`` the chance of promoting a candidate that gains ``gain`` in Precision@K.
    """

    precision: Share
    capacity: Annotated[int, Meta(ge=1, le=100_000)] = 50
    overlap: Share = 0.7
    gain: Share = 0.03
    differing_precision: Share | None = None
    alpha: Share = 0.05
    power: Share = 0.8
    window_days: Annotated[int, Meta(ge=1, le=400)] = 28
    reviews_per_day: Annotated[int, Meta(ge=1, le=100_000)] = 50
    listings: Annotated[int, Meta(ge=0, le=10**12)] = 0
    dispersion: Annotated[float, Meta(ge=1, le=1_000)] = 1.0
    most_weeks: Annotated[float, Meta(gt=0, le=1_000)] = 8.0

    def inputs(self) -> Inputs:
        """Turn it into the planner's own terms."""
        given = self.differing_precision
        return Inputs(
            capacity=self.capacity,
            differing=round((1 - self.overlap) * self.capacity, 9),
            p_a=self.precision / 2 if given is None else given,
            precision=self.precision,
            gain=self.gain,
            alpha=self.alpha,
            beta=round(1 - self.power, 9),
            listings=self.listings,
            window_days=self.window_days,
            reviews_per_day=self.reviews_per_day,
            most_weeks=self.most_weeks,
            dispersion=self.dispersion,
        )


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
def plan_of(wish: PlanWish) -> Plan:
    """Plan a comparison, once for the same wish.

    Raises
    ------
    InvalidInputError
        Naming every value that is out of range.

    Examples
    --------
    >>> plan_of(PlanWish(precision=0.3, capacity=200, overlap=0.98)).decidable
    False
    """
    for name in PlanWish.__struct_fields__:
        value = getattr(wish, name)
        if isinstance(value, float) and not math.isfinite(value):
            raise InvalidInputError(FieldProblem(name, f"is {value}", "give a number"))
    if not 0 <= wish.overlap <= 1:
        problem = FieldProblem("overlap", f"is {wish.overlap}", "give a share, 0 to 1")
        raise InvalidInputError(problem)
    return make(wish.inputs())


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
