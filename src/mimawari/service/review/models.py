"""What moderators decided, and the cases whose verdict is known."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Verdict(models.TextChoices):
    """What a moderator said; ``undone`` takes an earlier decision back."""

    VIOLATES = "violates"
    DOES_NOT_VIOLATE = "does_not_violate"
    CANNOT_TELL = "cannot_tell"
    UNDONE = "undone"


class Decision(models.Model):
    """One moderator's verdict on an alert (append-only)."""

    alert = models.ForeignKey("admission.Alert", models.PROTECT, "decisions")
    moderator = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, "decisions")
    verdict = models.CharField(max_length=16, choices=Verdict)
    policy_version = models.PositiveIntegerField()
    generation = models.ForeignKey("releases.Generation", models.PROTECT, "+")
    decided_at = models.DateTimeField()
    seconds = models.FloatField()
    replaces = models.OneToOneField("self", models.PROTECT, related_name="replaced_by", null=True)

    def __str__(self) -> str:
        return f"{self.verdict} on alert {self.alert_id}"


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
