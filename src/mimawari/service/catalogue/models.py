"""Topic files, models and data sets, by version."""

from __future__ import annotations

from django.db import models

from mimawari.records.composition import Composition, decode_composition
from mimawari.service.catalogue.data_set_models import DataSetErasure, DataSetVersion
from mimawari.service.catalogue.seller_models import SellerStanding
from mimawari.service.platform.fields import RecordField

__all__ = [
    "DataSetErasure",
    "DataSetVersion",
    "ModelVersion",
    "SellerStanding",
    "TopicFileVersion",
]


class TopicFileVersion(models.Model):
    """One version of a topic file's text (append-only)."""

    topic = models.CharField(max_length=40)
    version = models.PositiveIntegerField()
    format = models.CharField(max_length=4, choices=(("toml", "TOML"), ("yaml", "YAML")))
    text = models.TextField()
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    actor = models.TextField()

    class Meta:
        """What the database enforces."""

        constraints = (
            models.UniqueConstraint(fields=("topic", "version"), name="one_text_a_version"),
        )

    def __str__(self) -> str:
        return f"{self.topic} v{self.version}"


class ModelPart(models.Model):
    """Something that a model was made from or scores with, to find what breaks without it."""

    model = models.ForeignKey("catalogue.ModelVersion", models.CASCADE, related_name="parts")
    kind = models.CharField(max_length=20)
    name = models.TextField()

    class Meta:
        """What the database enforces and looks up."""

        constraints = (
            models.UniqueConstraint(fields=("kind", "name", "model"), name="one_part_a_model"),
        )

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"


class ModelVersion(models.Model):
    """A model artifact that may serve a topic; ``id`` is ``topic-<12 hex of its hash>``.

    Its files lie in the artifact store under that name. ``kind`` and ``data_set`` restate
    ``composition`` and ``lineage`` for whoever searches; the kind of one that was registered by a
    program that did not note it may be empty.
    """

    id = models.TextField(primary_key=True)
    topic = models.CharField(max_length=40)
    fingerprint = models.TextField()
    lineage = models.JSONField()
    composition = RecordField[Composition](decode_composition, default=Composition, db_default="{}")
    kind = models.CharField(max_length=40, blank=True, default="", db_default="")
    data_set = models.TextField(blank=True, default="", db_default="")
    created_at = models.DateTimeField()
    actor = models.TextField()

    class Meta:
        """What the database looks up."""

        indexes = (
            models.Index(fields=("created_at", "id"), name="models_by_time"),
            models.Index(fields=("topic", "created_at"), name="models_of_a_topic"),
            models.Index(fields=("data_set", "created_at"), name="models_of_a_data_set"),
            models.Index(fields=("actor", "created_at"), name="models_by_whom"),
        )

    def __str__(self) -> str:
        return self.id
