"""Guards of models in force, what they counted, and where one was breached."""

from __future__ import annotations

import msgspec
from django.db import models

from mimawari.evaluation.guards.judge import Counts
from mimawari.evaluation.guards.policy import Guards
from mimawari.evaluation.guards.reference import Reference
from mimawari.service.platform.fields import RecordField


def decode_limits(text: str) -> Guards:
    """Read limits from JSON."""
    return msgspec.json.decode(text, type=Guards)


def decode_reference(text: str) -> Reference | None:
    """Read a reference from JSON, or that there is none."""
    return msgspec.json.decode(text, type=Reference | None)


def decode_counts(text: str) -> Counts:
    """Read counts from JSON."""
    return msgspec.json.decode(text, type=Counts)


class Guard(models.Model):
    """A model is watched from a generation on (append-only).

    ``limits`` are those of the gate file with the hash ``gates`` when it began, ``reference`` is
    what was usual before; both stay as they are.
    """

    topic = models.CharField(max_length=40)
    model = models.TextField()
    slot = models.CharField(max_length=10)
    generation = models.ForeignKey("releases.Generation", models.PROTECT, "+")
    at = models.DateTimeField()
    limits: RecordField[Guards] = RecordField(decode_limits)
    gates = models.CharField(max_length=64)
    reference: RecordField[Reference | None] = RecordField(decode_reference, null=True)

    class Meta:
        """What the database enforces."""

        constraints = (
            models.UniqueConstraint(
                fields=("topic", "model", "slot", "generation"), name="one_guard_a_deployment"
            ),
        )

    def __str__(self) -> str:
        return f"guard of {self.model}, {self.slot} of {self.topic}"


class GuardCounts(models.Model):
    """What a guard counted so far.

    ``cursor`` is the last listing version looked at; ``seen`` holds a bit for each seller who was
    counted on ``day``, by a keyed hash. ``asked`` and ``seconds`` are the model's totals of that
    day at the last look. ``problem`` is why what should follow a breach could not be done.
    """

    guard = models.OneToOneField(Guard, models.PROTECT, primary_key=True, related_name="counted")
    cursor = models.BigIntegerField()
    counts: RecordField[Counts] = RecordField(decode_counts, default=Counts)
    day = models.DateField(null=True)
    seen = models.BinaryField(default=b"")
    asked = models.BigIntegerField(default=0)
    seconds = models.FloatField(default=0.0)
    looked_at = models.DateTimeField()
    problem = models.TextField(blank=True, default="")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        """What the database looks up."""

        indexes = (
            models.Index(
                fields=("guard",), condition=models.Q(ended_at=None), name="guards_that_watch"
            ),
        )

    def __str__(self) -> str:
        return f"counts of guard {self.guard_id}"


class GuardBreach(models.Model):
    """What a guard found beyond its limit (append-only)."""

    guard = models.OneToOneField(Guard, models.PROTECT, related_name="breach")
    at = models.DateTimeField()
    what = models.CharField(max_length=20)
    share = models.FloatField()
    limit = models.FloatField()
    statement = models.TextField()
    counts: RecordField[Counts] = RecordField(decode_counts)

    def __str__(self) -> str:
        return f"{self.what} of {self.guard_id}"
