"""Events, the tiles of the Merkle log over them, and its signed heads."""

from __future__ import annotations

from django.db import models


class Event(models.Model):
    """One thing that happened (append-only); written in the transaction of the change.

    ``at`` is microseconds since 1970 in UTC, so that every store keeps exactly what was hashed.
    ``sequence`` is its place in the ledger, given once when it is sealed. ``salt`` and ``body``
    may be erased together, once; the commitment to them stays.
    """

    sequence = models.BigIntegerField(null=True, unique=True)
    at = models.BigIntegerField()
    kind = models.TextField()
    subject = models.TextField()
    principal_kind = models.TextField()
    principal = models.TextField()
    commitment = models.BinaryField()
    salt = models.BinaryField(null=True)
    body = models.TextField(null=True)

    class Meta:
        """What the database enforces."""

        indexes = (
            models.Index(
                fields=("id",), condition=models.Q(sequence=None), name="events_to_be_sealed"
            ),
        )

    def __str__(self) -> str:
        return f"event {self.pk}: {self.kind} {self.subject}"


class Tile(models.Model):
    """Up to 256 hashes of one level of the Merkle log; the last of a level grows."""

    pk = models.CompositePrimaryKey("level", "number")
    level = models.SmallIntegerField()
    number = models.BigIntegerField()
    hashes = models.BinaryField()

    def __str__(self) -> str:
        return f"tile {self.level}/{self.number}"


class Checkpoint(models.Model):
    """A signed head of the ledger (append-only); the events between two are a sealed batch."""

    size = models.BigIntegerField(primary_key=True)
    note = models.TextField()

    def __str__(self) -> str:
        return f"checkpoint of {self.size}"


class Batch(models.Model):
    """What the row commitments of one batch of bulk rows were salted with.

    ``secret`` derives the salt of every row. Once a row of the batch is erased, ``marks`` takes
    its place: for each row a byte and 32 more, 0 and its salt, or its commitment behind 1 where it
    was erased, 2 where retention removed it. Once all are removed the batch's event alone is left.
    """

    event = models.OneToOneField(Event, models.PROTECT, primary_key=True, related_name="batch")
    table = models.TextField()
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    secret = models.BinaryField(null=True)
    marks = models.BinaryField(null=True)

    class Meta:
        """What the database enforces."""

        indexes = (models.Index(fields=("table", "last"), name="batches_of_a_table"),)

    def __str__(self) -> str:
        return f"rows {self.first} to {self.last} of {self.table}"
