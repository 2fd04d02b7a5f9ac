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
