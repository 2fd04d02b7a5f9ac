"""What the database is asked before it deletes a listing version or a score."""

from __future__ import annotations

from django.db import models


class Removable(models.Model):
    """The number of a listing version that the transaction under way removes.

    Triggers refuse to delete any other. The rows are deleted in the same transaction, so nobody
    else ever sees one.
    """

    version = models.BigIntegerField(primary_key=True)

    def __str__(self) -> str:
        return f"listing version {self.version}"
