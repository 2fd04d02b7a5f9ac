"""Alarms, how they were hour by hour, and what of them is told by e-mail."""

from __future__ import annotations

from django.db import models

from mimawari.records.alarm import (
    MOST_TEXT,
    AlarmFigures,
    decode_figures,
)
from mimawari.service.platform.fields import RecordField


class Alarm(models.Model):
    """A condition that is not as it should be; of each there is one open alarm at most.

    ``open_key`` stands for the condition while the alarm is open (`watching.key_of`).

    While it is open, ``times`` and ``last_seen_at`` grow, ``latest`` is what was measured last,
    ``absent_since`` is set while the condition was looked at and is not there. A resolved alarm
    never changes; no alarm is ever deleted. ``note`` is why ``actor`` acknowledged or resolved it.
    """

    open_key = models.CharField(max_length=64, null=True, unique=True)
    kind = models.CharField(max_length=30)
    topic = models.CharField(max_length=MOST_TEXT, blank=True)
    deployment = models.CharField(max_length=MOST_TEXT, blank=True)
    stream = models.CharField(max_length=MOST_TEXT, blank=True)
    severity = models.CharField(max_length=10)
    figures: RecordField[AlarmFigures] = RecordField(decode_figures)
    latest: RecordField[AlarmFigures] = RecordField(decode_figures)
    began_at = models.DateTimeField()
    opened_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    times = models.PositiveBigIntegerField(default=1)
    state = models.CharField(max_length=12)
    changed_at = models.DateTimeField()
    until = models.DateTimeField(null=True)
    absent_since = models.DateTimeField(null=True)
    actor = models.TextField(default="")
    note = models.TextField(default="")

    class Meta:
        """What the database enforces."""

        indexes = (models.Index(fields=("topic", "-id"), name="alarms_of_a_topic"),)

    def __str__(self) -> str:
        return f"alarm {self.pk}: {self.kind} {self.topic} {self.stream}".rstrip()


class Sighting(models.Model):
    """How often an alarm's condition was seen in an hour, and what was measured last in it."""

    alarm = models.ForeignKey(Alarm, models.PROTECT, related_name="sightings")
    hour = models.DateTimeField()
    times = models.PositiveIntegerField(default=1)
    figures: RecordField[AlarmFigures] = RecordField(decode_figures)

    class Meta:
        """What the database enforces."""

        constraints = (
            models.UniqueConstraint(fields=("alarm", "hour"), name="one_sighting_an_hour"),
        )

    def __str__(self) -> str:
        return f"alarm {self.alarm_id} at {self.hour:%Y-%m-%d %H}h"


class Mail(models.Model):
    """One e-mail, from the time at which it is put together until it is sent.

    ``sent_at`` is when the server took it; ``identifier`` is its Message-ID, the same in every
    try. ``held_until`` keeps a second keeper from trying meanwhile.
    """

    identifier = models.TextField()
    made_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField()
    held_until = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    problem = models.TextField(default="")

    class Meta:
        """How what is due is found."""

        indexes = (
            models.Index(fields=("due_at",), condition=models.Q(sent_at=None), name="mails_due"),
        )

    def __str__(self) -> str:
        return f"mail {self.pk}"


class MailLine(models.Model):
    """A change of an alarm that is told by e-mail; without a mail while none holds it yet."""

    alarm = models.ForeignKey(Alarm, models.PROTECT, related_name="+")
    state = models.CharField(max_length=12)
    at = models.DateTimeField()
    mail = models.ForeignKey(Mail, models.PROTECT, related_name="lines", null=True)

    def __str__(self) -> str:
        return f"alarm {self.alarm_id} {self.state}"
