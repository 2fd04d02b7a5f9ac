"""Figures that are kept."""

from __future__ import annotations

from django.db import models


class KeptFigures(models.Model):
    """Figures of a page that were made beside requests; they can always be made again.

    ``newest`` is the number of the newest decision when they were.
    """

    name = models.CharField(max_length=60, primary_key=True)
    at = models.DateTimeField()
    newest = models.BigIntegerField()
    body = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.name} of {self.at:%Y-%m-%d %H:%M}"


class RecordedCorrection(models.Model):
    """How a topic's probabilities are shown from a time on; scores stay as the model gave them.

    ``logit q = intercept + slope logit p`` of what the model named here gives.
    """

    topic = models.CharField(max_length=40)
    model = models.TextField()
    at = models.DateTimeField()
    intercept = models.FloatField()
    slope = models.FloatField()

    class Meta:
        """What the database is asked by."""

        indexes = (models.Index(fields=("topic", "-at"), name="corrections_of_a_topic"),)

    def __str__(self) -> str:
        return f"correction of {self.topic} from {self.at:%Y-%m-%d %H:%M}"


class BacklogOfDay(models.Model):
    """What waited of a topic when it was last noted on a day, and since when the oldest did."""

    topic = models.CharField(max_length=40)
    day = models.DateField()
    open = models.PositiveIntegerField()
    oldest_at = models.DateTimeField(null=True)
    noted_at = models.DateTimeField()

    class Meta:
        """What the database enforces."""

        constraints = (
            models.UniqueConstraint(fields=("day", "topic"), name="one_backlog_a_topic_and_day"),
        )

    def __str__(self) -> str:
        return f"{self.open} of {self.topic} on {self.day}"
