"""What was measured of models, the gates in force, and every stage that a model entered."""

from __future__ import annotations

from django.db import models

from mimawari.records.measured import Measured, decode_measured
from mimawari.service.platform.fields import RecordField


class Measurement(models.Model):
    """What one measuring of a model gave (append-only)."""

    model = models.TextField()
    at = models.DateTimeField()
    actor = models.TextField()
    measured: RecordField[Measured] = RecordField(decode_measured)

    class Meta:
        """What the database looks up."""

        indexes = (models.Index(fields=("model", "-id"), name="measurements_of_a_model"),)

    def __str__(self) -> str:
        return f"measurement {self.pk} of {self.model}"


class GateFile(models.Model):
    """A gate file in force from its row on (append-only)."""

    text = models.TextField()
    sha256 = models.CharField(max_length=64)
    at = models.DateTimeField()
    actor = models.TextField()
    reason = models.TextField()

    def __str__(self) -> str:
        return f"gate file {self.pk}"


class ReleaseRequest(models.Model):
    """Somebody wants a model in a stage for which a second person must say yes (append-only).

    ``account`` is the key of who asks: nobody approves their own request.
    """

    model = models.TextField()
    topic = models.CharField(max_length=40)
    stage = models.CharField(max_length=10)
    share = models.FloatField()
    override = models.TextField()
    at = models.DateTimeField()
    actor = models.TextField()
    account = models.TextField()
    reason = models.TextField()

    def __str__(self) -> str:
        return f"request {self.pk}: {self.model} as {self.stage}"


class ReleaseAnswer(models.Model):
    """What came of a request (append-only)."""

    request = models.OneToOneField(ReleaseRequest, models.PROTECT, related_name="answer")
    approved = models.BooleanField()
    at = models.DateTimeField()
    actor = models.TextField()
    reason = models.TextField()

    def __str__(self) -> str:
        return f"answer to request {self.request_id}"


class Release(models.Model):
    """A model entered a stage, or was put back into it or retired (append-only).

    Parameters
    ----------
    generation
        From which on it is so; none for stages that score nothing.
    gates
        Hash of the gate file that was in force.
    findings
        What each gate said then.
    override
        Why it was let pass against a gate; empty where all held.
    back
        Whether the topic went back to it.
    """

    model = models.TextField()
    topic = models.CharField(max_length=40)
    stage = models.CharField(max_length=10)
    generation = models.ForeignKey("releases.Generation", models.PROTECT, "+", null=True)
    gates = models.CharField(max_length=64)
    findings = models.JSONField()
    override = models.TextField()
    back = models.BooleanField(default=False)
    request = models.ForeignKey(ReleaseRequest, models.PROTECT, "+", null=True)
    at = models.DateTimeField()
    actor = models.TextField()
    reason = models.TextField()

    class Meta:
        """What the database looks up."""

        indexes = (
            models.Index(fields=("model", "-id"), name="releases_of_a_model"),
            models.Index(fields=("topic", "-id"), name="releases_of_a_topic"),
        )

    def __str__(self) -> str:
        return f"{self.model} entered {self.stage}"
