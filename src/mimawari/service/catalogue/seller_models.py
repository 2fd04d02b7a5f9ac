"""How sellers stand, as recorded policy."""

from __future__ import annotations

from django.db import models

from mimawari.records.standing import Standing


class SellerStanding(models.Model):
    """One thing that policy says of a seller (append-only, but for an erasure).

    What was recorded last of a seller and topic counts, until it expires. An empty ``topic``
    stands for all.
    Erased, ``seller_id`` and ``reason`` are empty.
    """

    seller_id = models.TextField()
    topic = models.CharField(max_length=40)
    standing = models.CharField(max_length=10, choices=[(s.value, s.name) for s in Standing])
    expires_at = models.DateTimeField(null=True)
    reason = models.TextField()
    at = models.DateTimeField()

    class Meta:
        """What the database enforces."""

        indexes = (models.Index(fields=("seller_id",), name="standings_of_a_seller"),)

    def __str__(self) -> str:
        return f"{self.standing} {self.pk}"
