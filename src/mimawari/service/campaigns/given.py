"""Plans as they are given: what is written, and the rest as before or as usual."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import msgspec

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.service.campaigns.plan import Plan, Source
from mimawari.service.platform import clock

if TYPE_CHECKING:
    from collections.abc import Mapping

USUAL_DAYS, USUAL_BUDGET = 30, 20
USUAL_SOURCES = (Source.UNCERTAIN, Source.MODELS, Source.NEAR_VIOLATIONS, Source.RANDOM)


def plan_of(given: Mapping[str, object], before: Plan | None = None) -> Plan:
    """Make a plan of what is given; the rest is as before, or usual.

    A goal of one kind takes the place of the other.

    Raises
    ------
    InvalidInputError
        A source is unknown, or a value is of no use.
    """
    today = clock.database_now().date()
    first: dict[str, object] = {
        "sources": [source.value for source in USUAL_SOURCES],
        "budget": USUAL_BUDGET,
        "until": (today + timedelta(days=USUAL_DAYS)).isoformat(),
    }
    plain = first if before is None else dict(msgspec.to_builtins(before))
    values = {name: _plain(value) for name, value in given.items()}
    for goal, other in (("labels", "violations"), ("violations", "labels")):
        if values.get(goal) and not values.get(other):
            values[other] = 0
    try:
        return msgspec.convert({**plain, **values}, type=Plan)
    except msgspec.ValidationError as error:
        remedy = f"sources: {', '.join(Source)}; numbers and days as the help says"
        raise InvalidInputError(FieldProblem("plan", str(error), remedy)) from error


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value
