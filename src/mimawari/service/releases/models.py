"""Generations: what is in force, under one number that only grows; and what each changed."""

from __future__ import annotations

from django.db import models

from mimawari.records.manifest import Manifest, decode_manifest
from mimawari.service.platform.fields import RecordField
from mimawari.service.releases.stage_models import (
    GateFile,
    Measurement,
    Release,
    ReleaseAnswer,
    ReleaseRequest,
)

__all__ = [
    "GateFile",
    "Generation",
    "Measurement",
    "Release",
    "ReleaseAnswer",
    "ReleaseRequest",
    "TopicChange",
]


class Generation(models.Model):
    """The configuration in force from here on; numbers only grow (append-only)."""

    number = models.BigAutoField(primary_key=True)
    manifest: RecordField[Manifest] = RecordField(decode_manifest)
    created_at = models.DateTimeField()
    actor = models.TextField()
    reason = models.TextField()

    def __str__(self) -> str:
        return f"generation {self.number}"


class TopicChange(models.Model):
    """A generation from which on something else is in force for a topic (append-only).

    ``what`` lists the kinds of change, ``evidence`` is what spoke for it where it was decided on
    that. It answers without reading every manifest since.
    """

    topic = models.CharField(max_length=40)
    generation = models.ForeignKey(Generation, models.PROTECT, related_name="changes")
    at = models.DateTimeField()
    what = models.JSONField()
    evidence = models.JSONField(default=dict)

    class Meta:
        """What the database enforces and looks up."""

        constraints = (
            models.UniqueConstraint(fields=("topic", "generation"), name="one_change_a_generation"),
        )
        indexes = (models.Index(fields=("topic", "at"), name="changes_of_a_topic"),)

    def __str__(self) -> str:
        return f"{self.topic} from generation {self.generation_id}"


class DeploymentChange(models.Model):
    """A generation from which on a model has another slot of a topic, or none (append-only).

    ``slot`` is empty where it leaves. It says where a model was in force without reading every
    manifest since.
    """

    model = models.TextField()
    topic = models.CharField(max_length=40)
    generation = models.ForeignKey(Generation, models.PROTECT, related_name="deployment_changes")
    at = models.DateTimeField()
    slot = models.CharField(max_length=10, blank=True)
    share = models.FloatField(null=True)

    class Meta:
        """What the database enforces, and how it finds a model's."""

        constraints = (
            models.UniqueConstraint(
                fields=("model", "topic", "generation"), name="one_slot_a_generation"
            ),
        )

    def __str__(self) -> str:
        return f"{self.model}: {self.slot or 'none'} of {self.topic}"


class GoldenCheck(models.Model):
    """How far a model was off its golden scores in a process that loaded it to score.

    ``allowed`` is 0 where processor and libraries are those of the training, ``environment`` says
    what is otherwise.
    """

    model = models.TextField()
    host = models.TextField()
    pid = models.PositiveIntegerField()
    at = models.DateTimeField()
    greatest = models.FloatField()
    allowed = models.FloatField()
    environment = models.TextField(blank=True)

    class Meta:
        """What the database looks up."""

        indexes = (models.Index(fields=("model", "-id"), name="golden_checks_of_a_model"),)

    def __str__(self) -> str:
        return f"{self.model} on {self.host}: {self.greatest:g} off"
