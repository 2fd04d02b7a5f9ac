"""Alerts that are put before moderators."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class AlertState(models.TextChoices):
    """What became of an alert."""

    OPEN = "open"
    ESCALATED = "escalated"
    DECIDED = "decided"
    DISPLACED = "displaced"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    ENDED = "ended"


WAITING = (AlertState.OPEN, AlertState.ESCALATED)
"""An alert that somebody has yet to decide."""


class Purpose(models.TextChoices):
    """Why an alert was put before moderators; they are not told, so that they judge alike."""

    TOP_K = "top_k"
    EXPLORATION = "exploration"
    TRIAL = "trial"
    SECOND = "second"
    GOLDEN = "golden"


class Alert(models.Model):
    """A listing version put before moderators for one topic on one day.

    ``priority`` orders the queue: the score for the top K, drawn among those for anything else,
    so that the order does not tell the purpose. ``probability`` is set on what was chosen for
    the exploration slice, and says with which; such an alert is of purpose ``top_k`` for as long
    as it is in the list too, and is not displaced from it but becomes ``exploration``.
    ``not_for`` is a moderator who decided the same case before.
    """

    listing_version = models.ForeignKey("intake.ListingVersion", models.PROTECT, "alerts")
    topic = models.CharField(max_length=40)
    day = models.DateField()
    purpose = models.CharField(max_length=12, choices=Purpose, default=Purpose.TOP_K)
    score = models.FloatField()
    priority = models.FloatField()
    probability = models.FloatField(null=True)
    not_for = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, "+", null=True)
    state = models.CharField(max_length=10, choices=AlertState, default=AlertState.OPEN)
    leased_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, "+", null=True)
    leased_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        """What the database enforces."""

        constraints = (
            models.UniqueConstraint(
                fields=("listing_version", "topic", "purpose"),
                condition=~models.Q(purpose="golden"),
                name="one_alert_a_purpose",
            ),
        )
        indexes = (
            models.Index(fields=("topic", "day", "-score"), name="alerts_of_a_day"),
            models.Index(fields=("day", "topic", "state"), name="alerts_by_day"),
            models.Index(
                fields=("topic", "purpose"), condition=models.Q(state="open"), name="open_by_topic"
            ),
            models.Index(
                fields=("-priority",), condition=models.Q(state="open"), name="open_by_priority"
            ),
            models.Index(
                fields=("-priority",),
                condition=models.Q(state="escalated"),
                name="escalated_by_priority",
            ),
        )

    def __str__(self) -> str:
        return f"{self.topic} alert {self.pk}"
