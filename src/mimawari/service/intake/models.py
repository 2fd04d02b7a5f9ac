"""The durable log of listing versions."""

from __future__ import annotations

from django.db import models


class State(models.IntegerChoices):
    """How far a listing version has come."""

    PENDING = 0
    SCORED = 1
    SET_ASIDE = 2
    SUPERSEDED = 3
    ERASED = 4


class ListingVersion(models.Model):
    """One accepted version of a listing; ``payload`` is the JSON of the `Listing`.

    While it waits, ``lease`` names the fetch that handed it to a scorer, until
    ``leased_until`` on the database's clock. Of an erased one ``payload`` holds no more than the
    identifiers, and ``seller_id`` is empty, which no listing's can be.
    """

    listing_id = models.TextField()
    version = models.BigIntegerField()
    seller_id = models.TextField()
    payload = models.TextField()
    received_at = models.DateTimeField()
    state = models.SmallIntegerField(choices=State, default=State.PENDING)
    attempts = models.SmallIntegerField(default=0)
    error = models.TextField(default="")
    lease = models.BigIntegerField(null=True)
    leased_until = models.DateTimeField(null=True)

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


class EndReason(models.TextChoices):
    """Why a listing is no longer offered, as the marketplace says."""

    SOLD = "sold"
    WITHDRAWN = "withdrawn"
    REMOVED = "removed"


class Ending(models.Model):
    """The marketplace's word that a listing ended, whose newest version this was then.

    A newer version is live again. ``ended_at`` is as the marketplace says; ``principal`` told it.
    """

    listing_version = models.OneToOneField(
        ListingVersion, models.PROTECT, primary_key=True, related_name="ending"
    )
    reason = models.CharField(max_length=10, choices=EndReason)
    ended_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    principal_kind = models.CharField(max_length=10)
    principal = models.TextField()

    def __str__(self) -> str:
        return f"{self.listing_version_id} was {self.reason}"
