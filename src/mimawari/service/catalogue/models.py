"""Topic files, models and data sets, by version."""

from __future__ import annotations

from django.db import models

from mimawari.service.catalogue.data_set_models import DataSetErasure, DataSetVersion
from mimawari.service.catalogue.seller_models import SellerStanding

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


class ModelVersion(models.Model):
    """A model artifact that may serve a topic; ``id`` is ``topic-<12 hex of its hash>``.

    Its files lie in the artifact store under that name.
    """

    id = models.TextField(primary_key=True)
    topic = models.CharField(max_length=40)
    fingerprint = models.TextField()
    lineage = models.JSONField()
    created_at = models.DateTimeField()
    actor = models.TextField()

    def __str__(self) -> str:
        return self.id
