"""Generations: what is in force, under one number that only grows."""

from __future__ import annotations

from django.db import models

from mimawari.records.manifest import Manifest, decode_manifest
from mimawari.service.platform.fields import RecordField


class Generation(models.Model):
    """The configuration in force from here on; numbers only grow (append-only)."""

    number = models.BigAutoField(primary_key=True)
    manifest: RecordField[Manifest] = RecordField(decode_manifest)
    created_at = models.DateTimeField()
    actor = models.TextField()
    reason = models.TextField()

    def __str__(self) -> str:
        return f"generation {self.number}"
