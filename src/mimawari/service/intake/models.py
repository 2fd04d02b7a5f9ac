"""The durable log of listing versions, and their scores."""

from __future__ import annotations

from django.db import models


class State(models.IntegerChoices):
    """How far a listing version has come."""

    PENDING = 0
    SCORED = 1
    SET_ASIDE = 2
    SUPERSEDED = 3


class ListingVersion(models.Model):
    """One accepted version of a listing; ``payload`` is the JSON of the `Listing`."""

    listing_id = models.TextField()
    version = models.BigIntegerField()
    seller_id = models.TextField()
    payload = models.TextField()
    received_at = models.DateTimeField()
    state = models.SmallIntegerField(choices=State, default=State.PENDING)
    attempts = models.SmallIntegerField(default=0)
    error = models.TextField(default="")

    class Meta:
        """What the database enforces."""

        constraints = (
            models.UniqueConstraint(fields=("listing_id", "version"), name="one_row_a_version"),
        )
        indexes = (
            models.Index(fields=("seller_id", "listing_id"), name="versions_of_a_seller"),
            models.Index(fields=("id",), condition=models.Q(state=0), name="pending_versions"),
        )

    def __str__(self) -> str:
        return f"{self.listing_id} v{self.version}"


class Score(models.Model):
    """All topics' scores of one listing version, packed in the generation's topic order.

    The three score fields hold float32, little-endian; ``refined`` holds bits. ``picture_text``
    is what had been read in its pictures by then.
    """

    listing_version = models.OneToOneField(
        ListingVersion, models.PROTECT, primary_key=True, related_name="score"
    )
    generation = models.ForeignKey("ops.Generation", models.PROTECT, related_name="+")
    scored_at = models.DateTimeField()
    scores = models.BinaryField()
    model_scores = models.BinaryField()
    rule_scores = models.BinaryField()
    refined = models.BinaryField()
    rule_hits = models.JSONField(default=list)
    picture_text = models.TextField(default="")

    def __str__(self) -> str:
        return f"score of {self.listing_version_id}"
