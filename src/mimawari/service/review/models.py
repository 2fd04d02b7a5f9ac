"""What moderators decided, and the cases whose verdict is known."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from mimawari.service.review.imported_models import (
    DecisionImport,
    ImportedDecision,
    ImportedListing,
    ImportedReviewer,
)

__all__ = [
    "Decision",
    "DecisionGroup",
    "DecisionImport",
    "GoldenItem",
    "ImportedDecision",
    "ImportedListing",
    "ImportedReviewer",
    "Note",
    "PassedOn",
    "Passing",
    "Verdict",
]


class Verdict(models.TextChoices):
    """What a moderator said; ``undone`` takes an earlier decision back."""

    VIOLATES = "violates"
    DOES_NOT_VIOLATE = "does_not_violate"
    CANNOT_TELL = "cannot_tell"
    UNDONE = "undone"


class DecisionGroup(models.Model):
    """What a moderator decided with one press on listings that they had found (append-only).

    Parameters
    ----------
    key
        Names the request: the same one decides once.
    asked
        SHA-256 of what was asked for, so that another request under the same key shows.
    refused
        Listings that were not decided, and why.
    """

    moderator = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, "decision_groups")
    key = models.CharField(max_length=80)
    asked = models.CharField(max_length=64)
    topic = models.CharField(max_length=40)
    verdict = models.CharField(max_length=16, choices=Verdict)
    clause = models.CharField(max_length=40, null=True)
    policy_version = models.PositiveIntegerField()
    refused = models.JSONField()
    decided_at = models.DateTimeField()

    class Meta:
        """What the database enforces."""

        constraints = (
            models.UniqueConstraint(fields=("moderator", "key"), name="one_group_a_key"),
        )

    def __str__(self) -> str:
        return f"group {self.pk} of {self.topic}"


class Decision(models.Model):
    """One moderator's verdict on an alert (append-only).

    ``clause`` is the key of what a violation breaks, of the topic file of ``policy_version``.
    ``group`` is there where the moderator had found the listing by search.
    """

    alert = models.ForeignKey("admission.Alert", models.PROTECT, "decisions")
    moderator = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, "decisions")
    verdict = models.CharField(max_length=16, choices=Verdict)
    clause = models.CharField(max_length=40, null=True)
    policy_version = models.PositiveIntegerField()
    generation = models.ForeignKey("releases.Generation", models.PROTECT, "+")
    decided_at = models.DateTimeField()
    seconds = models.FloatField()
    replaces = models.OneToOneField("self", models.PROTECT, related_name="replaced_by", null=True)
    group = models.ForeignKey(DecisionGroup, models.PROTECT, "decisions", null=True)

    def __str__(self) -> str:
        return f"{self.verdict} on alert {self.alert_id}"


class Note(models.Model):
    """What a moderator wrote beside a decision (append-only, but for an erasure).

    ``event`` tells of it in the ledger, and is erased with it.
    """

    decision = models.OneToOneField(Decision, models.PROTECT, primary_key=True, related_name="note")
    event = models.OneToOneField("audit.Event", models.PROTECT, related_name="+")
    text = models.TextField()

    def __str__(self) -> str:
        return f"note on decision {self.decision_id}"


class Passing(models.TextChoices):
    """What a moderator did with an item instead of deciding it."""

    SKIPPED = "skipped"
    ESCALATED = "escalated"


class PassedOn(models.Model):
    """An item that a moderator left to others, and why (append-only, but for an erasure).

    ``place`` counts those of one alert; ``event`` tells of it in the ledger.
    """

    alert = models.ForeignKey("admission.Alert", models.PROTECT, "passed_on")
    place = models.PositiveIntegerField()
    event = models.OneToOneField("audit.Event", models.PROTECT, related_name="+")
    moderator = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, "+")
    passing = models.CharField(max_length=10, choices=Passing)
    reason = models.TextField()
    at = models.DateTimeField()

    class Meta:
        """What the database enforces."""

        constraints = (models.UniqueConstraint(fields=("alert", "place"), name="one_place_each"),)

    def __str__(self) -> str:
        return f"alert {self.alert_id} {self.passing}"


class GoldenItem(models.Model):
    """A case whose verdict is known, to see how moderators judge it (append-only).

    The newest row of a listing version and topic stands; without a verdict it is retired.
    """

    listing_version = models.ForeignKey("intake.ListingVersion", models.PROTECT, "+")
    topic = models.CharField(max_length=40)
    expected = models.CharField(max_length=16, choices=Verdict, blank=True)
    actor = models.TextField()
    reason = models.TextField()
    added_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"golden item {self.pk} of {self.topic}"
