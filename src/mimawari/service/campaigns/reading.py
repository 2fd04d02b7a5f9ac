"""Campaigns as they are listed and shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.service.campaigns.models import (
    Campaign,
    CampaignChange,
    CampaignResult,
    standing,
)

if TYPE_CHECKING:
    from mimawari.service.accounts.permissions import Authority

MOST = 100


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
