"""Campaigns, what was changed of them, what they asked for, and what came of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.db import models

from mimawari.service.campaigns.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Collection


class CampaignState(models.TextChoices):
    """How a campaign stands."""

    RUNNING = "running"
    PAUSED = "paused"
    ENDED = "ended"


class EndedFor(models.TextChoices):
    """Why a campaign ended; empty where it did not."""

    GOAL = "goal"
    DATE = "date"
    YIELD = "yield"
    HAND = "by_hand"


class Campaign(models.Model):
    """A campaign of one topic (append-only); its changes say how it stands."""

    topic = models.CharField(max_length=40)
    name = models.CharField(max_length=100)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"campaign {self.pk} of {self.topic}"


class CampaignChange(models.Model):
    """What somebody made of a campaign (append-only): the newest row stands.

    ``plan`` is the JSON of a `Plan`; ``place`` counts the rows of a campaign.
    """

    campaign = models.ForeignKey(Campaign, models.PROTECT, "changes")
    place = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=CampaignState)
    ended_for = models.CharField(max_length=10, choices=EndedFor, blank=True)
    plan = models.TextField()
    actor = models.TextField()
    reason = models.TextField()
    at = models.DateTimeField()

    class Meta:
        """What the database enforces."""

        constraints = (
            models.UniqueConstraint(fields=("campaign", "place"), name="one_change_a_place"),
        )

    def __str__(self) -> str:
        return f"change {self.place} of campaign {self.campaign_id}"

    @property
    def planned(self) -> Plan:
        """The plan."""
        return msgspec.json.decode(self.plan, type=Plan)


class CampaignItem(models.Model):
    """A listing version that a campaign put before moderators on a day (append-only).

    ``probability`` is that with which chance chose it of what the campaign could have asked for
    that day; null where it was chosen for what it is.
    """

    campaign = models.ForeignKey(Campaign, models.PROTECT, "items")
    alert = models.OneToOneField("admission.Alert", models.PROTECT, related_name="campaign_item")
    source = models.CharField(max_length=20)
    probability = models.FloatField(null=True)
    day = models.DateField()

    class Meta:
        """What is looked for."""

        indexes = (models.Index(fields=("campaign", "day"), name="campaign_items_of_a_day"),)

    def __str__(self) -> str:
        return f"item {self.pk} of campaign {self.campaign_id}"


class CampaignResult(models.Model):
    """What a campaign ended with (append-only): a data set, or why there is none."""

    campaign = models.OneToOneField(Campaign, models.PROTECT, related_name="result")
    data_set = models.TextField(blank=True)
    problem = models.TextField(blank=True)
    retraining = models.BooleanField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"result of campaign {self.campaign_id}"


def standing(campaigns: Collection[int]) -> dict[int, CampaignChange]:
    """Give the newest change of each campaign, with one query."""
    rows = CampaignChange.objects.filter(campaign__in=campaigns).select_related("campaign")
    return {row.campaign_id: row for row in rows.order_by("place")}
