"""The days that are closed, and which files hold them."""

from __future__ import annotations

from django.db import models


class Cause(models.TextChoices):
    """Why a day has files, others than before, or none any more.

    From ``MOVING`` on rows may have left the database, with ``MOVED`` all have that nothing needs.
    """

    CLOSED = "closed"
    MOVING = "moving"
    MOVED = "moved"
    ERASED = "erased"
    REMOVED = "removed"


class ClosedDay(models.Model):
    """What a day consists of from one moment on (append-only); the newest edition counts.

    ``scores``, ``sent``, ``totals`` and ``listings`` are the SHA-256 of its files in the artifact
    store, empty once the day is removed. Numbers are those of its first and its last version.
    """

    day = models.DateField()
    edition = models.PositiveIntegerField()
    cause = models.CharField(max_length=10, choices=Cause)
    versions = models.PositiveBigIntegerField()
    bytes = models.PositiveBigIntegerField()
    scores = models.CharField(max_length=64, blank=True)
    sent = models.CharField(max_length=64, blank=True)
    totals = models.CharField(max_length=64, blank=True)
    listings = models.CharField(max_length=64, blank=True)
    first_number = models.BigIntegerField()
    last_number = models.BigIntegerField()
    first_received = models.DateTimeField()
    last_received = models.DateTimeField()
    at = models.DateTimeField()
    actor = models.TextField()

    class Meta:
        """What the database enforces."""

        constraints = (
            models.UniqueConstraint(fields=("day", "edition"), name="one_edition_of_a_day"),
        )

    def __str__(self) -> str:
        return f"{self.day} edition {self.edition}"
