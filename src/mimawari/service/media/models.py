"""Pictures that are kept, and what became of each picture of a listing version."""

from __future__ import annotations

from django.db import models


class Picture(models.Model):
    """One kept picture, by the SHA-256 of its bytes.

    ``pdq`` is null where nothing is on it, ``text`` while nobody read it; who reads it sets
    ``read_from``, so that no other does.
    """

    sha256 = models.CharField(max_length=64, primary_key=True)
    bytes = models.PositiveBigIntegerField()
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    pdq = models.BinaryField(null=True)
    pdq_quality = models.PositiveSmallIntegerField()
    first_seen_at = models.DateTimeField(db_index=True)
    text = models.TextField(null=True)
    read_from = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"picture {self.sha256[:12]}"


class SnapshotState(models.IntegerChoices):
    """What became of a picture's link."""

    PENDING = 0
    KEPT = 1
    GAVE_UP = 2


class Snapshot(models.Model):
    """A picture as it was when its listing version came; once settled the row is final.

    ``due_at`` is when the next try may begin: whoever tries sets it ahead, so a try that was
    killed is repeated. ``fault`` is why the last try failed, and ``problem`` says it in a
    sentence.
    """

    listing_version = models.ForeignKey(
        "intake.ListingVersion", models.PROTECT, "snapshots", db_index=False
    )
    position = models.PositiveSmallIntegerField()
    url = models.TextField()
    state = models.SmallIntegerField(choices=SnapshotState, default=SnapshotState.PENDING)
    picture = models.ForeignKey(Picture, models.PROTECT, "snapshots", null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    fault = models.CharField(max_length=20, default="")
    problem = models.TextField(default="")
    settled_at = models.DateTimeField(null=True)

    class Meta:
        """What the database enforces."""

        constraints = (
            models.UniqueConstraint(
                fields=("listing_version", "position"), name="one_snapshot_a_position"
            ),
        )
        indexes = (
            models.Index(fields=("due_at",), condition=models.Q(state=0), name="pending_snapshots"),
        )

    def __str__(self) -> str:
        return f"picture {self.position} of {self.listing_version_id}"
