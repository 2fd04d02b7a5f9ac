"""Decisions that were taken elsewhere: their files, reviewers, and the listings that came along."""

from __future__ import annotations

from django.db import models

from mimawari.records.label import Verdict


class DecisionImport(models.Model):
    """One file of past decisions, by the hash of its content, and how far it was read."""

    sha256 = models.CharField(max_length=64, unique=True)
    file = models.TextField()
    rows = models.PositiveBigIntegerField(default=0)
    imported = models.PositiveBigIntegerField(default=0)
    known = models.PositiveBigIntegerField(default=0)
    rejected = models.PositiveBigIntegerField(default=0)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.file}: {self.imported} decisions"


class ImportedReviewer(models.Model):
    """Somebody whom a file of past decisions names; nobody's account."""

    name = models.TextField(unique=True)

    def __str__(self) -> str:
        return f"imported reviewer {self.pk}"


class ImportedListing(models.Model):
    """A listing as it was judged elsewhere, which the log does not hold (append-only).

    It is never scored, and the marketplace may still send a listing of that version. Erased,
    ``seller_id`` is empty and ``payload`` holds no more than identifiers.
    """

    listing_id = models.TextField()
    seller_id = models.TextField()
    payload = models.TextField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        """What the database enforces."""

        constraints = (
            models.UniqueConstraint(fields=("listing_id", "sha256"), name="one_row_a_text"),
        )
        indexes = (models.Index(fields=("seller_id",), name="imported_of_a_seller"),)

    def __str__(self) -> str:
        return f"{self.listing_id} as imported"


class ImportedDecision(models.Model):
    """What a reviewer decided elsewhere of a version in the log, or of a listing that came along.

    Append-only, but for an erasure of the note.
    """

    listing_version = models.ForeignKey(
        "intake.ListingVersion", models.PROTECT, "imported_decisions", null=True
    )
    imported_listing = models.ForeignKey(ImportedListing, models.PROTECT, "decisions", null=True)
    listing_id = models.TextField()
    topic = models.CharField(max_length=40)
    verdict = models.CharField(max_length=16, choices=[(v.value, v.name) for v in Verdict])
    clause = models.CharField(max_length=40, null=True)
    reviewer = models.ForeignKey(ImportedReviewer, models.PROTECT, "decisions")
    decided_at = models.DateTimeField()
    run = models.ForeignKey(DecisionImport, models.PROTECT, "decisions")
    note = models.TextField()

    class Meta:
        """What the database enforces."""

        constraints = (
            models.CheckConstraint(
                condition=models.Q(listing_version=None) ^ models.Q(imported_listing=None),
                name="of_one_listing",
            ),
            models.UniqueConstraint(
                fields=("listing_version", "topic", "reviewer", "decided_at", "verdict"),
                name="imported_once",
            ),
            models.UniqueConstraint(
                fields=("imported_listing", "topic", "reviewer", "decided_at", "verdict"),
                name="imported_once_along",
            ),
        )
        indexes = (models.Index(fields=("listing_id", "topic"), name="imported_of_a_listing"),)

    def __str__(self) -> str:
        return f"{self.verdict} on {self.listing_id}, imported"
