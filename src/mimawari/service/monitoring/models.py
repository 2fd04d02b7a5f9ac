"""Figures that are kept."""

from __future__ import annotations

from django.db import models

from mimawari.evaluation.drift.tally import Tally, decode_tally
from mimawari.evaluation.drift.watch import WatchState, decode_state
from mimawari.service.platform.fields import RecordField


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


class DriftPlace(models.Model):
    """How far the listings are counted that are watched: one row.

    ``place`` is that of the ledger, ``offset`` how many listing versions of the event there.
    """

    place = models.BigIntegerField()
    offset = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"counted up to {self.place}, {self.offset}"


class DriftWatch(models.Model):
    """What is known of shares that are watched together: of all listings, or a topic's scores."""

    name = models.CharField(max_length=60, primary_key=True)
    topic = models.CharField(max_length=40, blank=True)
    state: RecordField[WatchState] = RecordField(decode_state)

    def __str__(self) -> str:
        return self.name


class DriftHour(models.Model):
    """What was counted of a watch in an hour; hours are counted from a Monday's midnight."""

    watch = models.CharField(max_length=60)
    hour = models.IntegerField()
    tally: RecordField[Tally] = RecordField(decode_tally)

    class Meta:
        """What the database enforces."""

        constraints = (
            models.UniqueConstraint(fields=("watch", "hour"), name="one_count_a_watch_and_hour"),
        )

    def __str__(self) -> str:
        return f"{self.watch} in hour {self.hour}"


class DayFigure(models.Model):
    """A figure of a topic's day, once the day is judged, and what was usual then (append-only).

    ``hits`` of ``number``; of a number of alerts both are that number. ``evidence`` is what the
    detector has to be given back on the next day. ``told`` says whether it opened an alarm.
    """

    kind = models.CharField(max_length=30)
    topic = models.CharField(max_length=40)
    day = models.DateField()
    hits = models.PositiveIntegerField()
    number = models.PositiveIntegerField()
    usual = models.FloatField(null=True)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    evidence = models.JSONField(null=True)
    told = models.BooleanField(default=False)

    class Meta:
        """What the database enforces."""

        constraints = (
            models.UniqueConstraint(fields=("topic", "kind", "day"), name="one_figure_a_day"),
        )

    def __str__(self) -> str:
        return f"{self.kind} of {self.topic} on {self.day}"
