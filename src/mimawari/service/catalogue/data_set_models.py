"""Versions of labels that were kept, and those whose rows an erasure removed."""

from __future__ import annotations

import msgspec
from django.db import models

from mimawari.datasets.card import Card
from mimawari.service.platform.fields import RecordField


def decode_card(text: str) -> Card:
    """Read what a data set says of itself."""
    return msgspec.json.decode(text, type=Card)


class DataSetVersion(models.Model):
    """A data set (append-only); ``id`` is ``name-<12 hex of what it holds>``.

    Its files lie in the artifact store.
    """

    id = models.TextField(primary_key=True)
    name = models.CharField(max_length=40)
    card: RecordField[Card] = RecordField(decode_card)
    created_at = models.DateTimeField()
    actor = models.TextField()

    class Meta:
        """What the database looks up."""

        indexes = (models.Index(fields=("name", "created_at"), name="versions_of_a_data_set"),)

    def __str__(self) -> str:
        return self.id


class DataSetErasure(models.Model):
    """A data set whose rows were removed, as a seller among them was erased (append-only)."""

    data_set = models.OneToOneField(
        DataSetVersion, models.PROTECT, primary_key=True, related_name="erasure"
    )
    at = models.DateTimeField()
    actor = models.TextField()

    def __str__(self) -> str:
        return f"erasure of {self.data_set_id}"
