"""Choose versions of a topic to label, and the plan of a campaign that goes on with it."""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from mimawari.alerts.selection.disagreement import divergence
from mimawari.alerts.selection.pool import Pool
from mimawari.alerts.selection.sources import rank_difference, take_in_turn
from mimawari.alerts.selection.uncertainty import closeness
from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.flows.selection_records import CampaignPlan, ChosenVersion, Selection

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from mimawari.alerts.selection.sources import Taken
    from mimawari.flows.records import Request
    from mimawari.flows.selection.pool import OpenRows

    Floats = NDArray[np.float64]

CAMPAIGN_DAYS, MOST_AGE = 28, 365


def selected(request: Request, topic: str, rows: OpenRows) -> Selection:
    """Choose at most the budget's versions, one of each source in turn.

    Raises
    ------
    InvalidInputError
        Nothing is open, or no source has anything to say of what is.
    """
    settings = request.selection
    if not len(rows.numbers):
        remedy = "name other days, or see whether the topic was scored on them"
        raise InvalidInputError(FieldProblem(topic, "has no version to ask about", remedy))
    capacity = request.served.capacities[topic] * max(1, len(np.unique(rows.days)))
    ids = [str(number) for number in rows.numbers.tolist()]
    known = np.zeros(len(ids), np.bool_)
    pool = Pool(ids, known, rows.competing[None], None, max(1, capacity))
    orders = _orders(settings.sources, pool, rows)
    taken = take_in_turn(orders, pool, settings.budget, np.random.default_rng(settings.seed))
    if not taken:
        remedy = "add the source random"
        raise InvalidInputError(FieldProblem(topic, "has nothing that these sources find", remedy))
    available = {name: int((~np.isnan(order)).sum()) for name, order in orders.items()}
    return Selection(
        topic=topic,
        scored=rows.scored,
        open=rows.open,
        available=available,
        chosen=tuple(_version(taking, rows) for taking in taken),
        plan=_plan(request, available),
    )


def _orders(sources: Sequence[str], pool: Pool, rows: OpenRows) -> dict[str, Floats]:
    """Give the order of each source, greatest first; NaN is not of it."""
    orders: dict[str, Floats] = {}
    for source in sources:
        if source == "uncertain":
            orders[source] = closeness(pool)
        elif source == "models":
            orders[source] = _positive(divergence(rows.models)) if len(rows.models) else _none(rows)
        elif source == "shadows":
            orders[source] = _positive(rank_difference(rows.models, rows.days))
        elif source == "random":
            orders[source] = np.zeros(len(rows.numbers))
        else:
            remedy = "use uncertain, models, shadows or random"
            raise InvalidInputError(FieldProblem("source", f"is {source!r}", remedy))
    return orders


def _none(rows: OpenRows) -> Floats:
    return np.full(len(rows.numbers), np.nan)


def _positive(values: Floats) -> Floats:
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(values > 0, values, np.nan))


def _version(taken: Taken, rows: OpenRows) -> ChosenVersion:
    score = float(rows.competing[taken.row])
    return ChosenVersion(
        int(rows.numbers[taken.row]),
        date.fromordinal(int(rows.days[taken.row])),
        taken.source,
        None if math.isnan(score) else round(score, 6),
        taken.probability,
    )


def _plan(request: Request, available: Mapping[str, int]) -> CampaignPlan:
    """Plan a campaign from the sources that had something, as old as these days."""
    first, today = min(day.day for day in request.days), request.at.date()
    return CampaignPlan(
        sources=tuple(name for name, count in available.items() if count),
        budget=max(1, math.ceil(request.selection.budget / CAMPAIGN_DAYS)),
        labels=request.selection.budget,
        until=today + timedelta(days=CAMPAIGN_DAYS),
        days=min(MOST_AGE, max(1, (today - first).days + 1)),
    )
