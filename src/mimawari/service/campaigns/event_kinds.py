"""What the ledger is told of campaigns, and how their rows are checked."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

import msgspec

from mimawari.records.event import register
from mimawari.service.audit.rows import compare_rows
from mimawari.service.campaigns.models import (
    Campaign,
    CampaignChange,
    CampaignItem,
    CampaignResult,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


class CampaignDetails(msgspec.Struct, frozen=True):
    """A campaign that was created."""

    topic: str
    name: str
    created_at: datetime


class CampaignChanged(msgspec.Struct, frozen=True):
    """A campaign's plan and state from now on; the first comes with the campaign."""

    campaign: int
    place: int
    state: str
    ended_for: str
    plan: str
    actor: str
    reason: str
    at: datetime


class CampaignAsked(msgspec.Struct, frozen=True):
    """A listing version that a campaign put before moderators."""

    campaign: int
    alert: int
    source: str
    probability: float | None
    day: date


class CampaignEndedWith(msgspec.Struct, frozen=True):
    """What a campaign ended with."""

    campaign: int
    data_set: str
    problem: str
    retraining: bool
    at: datetime


CAMPAIGN = register("campaign", CampaignDetails, "campaigns.Campaign")
CAMPAIGN_CHANGE = register("campaign_change", CampaignChanged, "campaigns.CampaignChange")
CAMPAIGN_ITEM = register("campaign_item", CampaignAsked, "campaigns.CampaignItem")
CAMPAIGN_RESULT = register("campaign_result", CampaignEndedWith, "campaigns.CampaignResult")


def campaign_details(row: Campaign) -> CampaignDetails:
    """Say what a campaign's event says."""
    return CampaignDetails(row.topic, row.name, row.created_at)


def change_details(row: CampaignChange) -> CampaignChanged:
    """Say what the event of a change says."""
    return CampaignChanged(
        row.campaign_id,
        row.place,
        str(row.state),
        str(row.ended_for),
        row.plan,
        row.actor,
        row.reason,
        row.at,
    )


def item_details(row: CampaignItem) -> CampaignAsked:
    """Say what an item's event says."""
    return CampaignAsked(row.campaign_id, row.alert_id, row.source, row.probability, row.day)


def result_details(row: CampaignResult) -> CampaignEndedWith:
    """Say what the event of a result says."""
    return CampaignEndedWith(row.campaign_id, row.data_set, row.problem, row.retraining, row.at)


def _campaigns() -> Iterator[tuple[str, CampaignDetails]]:
    for row in Campaign.objects.order_by("pk").iterator():
        yield str(row.pk), campaign_details(row)


def _changes() -> Iterator[tuple[str, CampaignChanged]]:
    for row in CampaignChange.objects.order_by("pk").iterator():
        yield str(row.pk), change_details(row)


def _items() -> Iterator[tuple[str, CampaignAsked]]:
    for row in CampaignItem.objects.order_by("pk").iterator():
        yield str(row.pk), item_details(row)


def _results() -> Iterator[tuple[str, CampaignEndedWith]]:
    for row in CampaignResult.objects.order_by("pk").iterator():
        yield str(row.pk), result_details(row)


compare_rows("campaigns.Campaign", _campaigns)
compare_rows("campaigns.CampaignChange", _changes)
compare_rows("campaigns.CampaignItem", _items)
compare_rows("campaigns.CampaignResult", _results)
