"""Campaigns as they are listed and shown, and plans as they are written."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import msgspec

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.service.campaigns.models import (
    Campaign,
    CampaignChange,
    CampaignResult,
    standing,
)
from mimawari.service.campaigns.plan import Plan, Source
from mimawari.service.platform import clock

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mimawari.service.accounts.permissions import Authority

MOST = 100
USUAL_DAYS, USUAL_BUDGET = 30, 20
USUAL_SOURCES = (Source.UNCERTAIN, Source.MODELS, Source.NEAR_VIOLATIONS, Source.RANDOM)


def campaigns(
    authority: Authority, most: int = MOST, before: int | None = None
) -> list[CampaignChange]:
    """Give how campaigns stand that concern somebody, the newest first, with two queries."""
    rows = Campaign.objects.all() if before is None else Campaign.objects.filter(pk__lt=before)
    if authority.topics is not None:
        rows = rows.filter(topic__in=authority.topics)
    numbers = list(rows.order_by("-pk").values_list("pk", flat=True)[:most])
    known = standing(numbers)
    return [known[number] for number in numbers]


def by_number(number: int) -> CampaignChange:
    """Give how a campaign stands.

    Raises
    ------
    InvalidInputError
        There is none of this number.
    """
    known = standing([number]).get(number)
    if known is None:
        problem, remedy = f"{number} is not there", "see 'mimawari campaigns list'"
        raise InvalidInputError(FieldProblem("campaign", problem, remedy))
    return known


def changes_of(number: int) -> list[CampaignChange]:
    """Give every change of a campaign, oldest first."""
    return list(CampaignChange.objects.filter(campaign=number).order_by("place"))


def result_of(number: int) -> CampaignResult | None:
    """Give what a campaign ended with; None before that."""
    return CampaignResult.objects.filter(campaign=number).first()


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
