"""The index of listing versions, how far it has come, and questions that people keep.

Tokens of documents are beside the model, as each engine keeps them best: a column with a GIN index
on PostgreSQL, an FTS5 table on SQLite (see `postgresql` and `sqlite`).
"""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Document(models.Model):
    """A listing version as it is searched; its number is the version's, in order of arrival.

    No foreign key: rows of the log come and go without asking the index. ``folded`` is the
    canonical text, ``facets`` all tokens but those of the text.
    """

    id = models.BigIntegerField(primary_key=True)
    day = models.DateField()
    folded = models.TextField()
    facets = models.TextField()

    def __str__(self) -> str:
        return f"document {self.pk}"


class DayRange(models.Model):
    """Between which numbers the documents of a day are: they came in nearly that order."""

    day = models.DateField(primary_key=True)
    first = models.BigIntegerField()
    last = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.first} to {self.last} on {self.day}"


class IndexState(models.Model):
    """How far the index has come (one row).

    Parameters
    ----------
    format
        How tokens were made; another one means that all is made anew.
    place
        The first place of the ledger that was not followed yet.
    below
        While all is made anew: versions with lower numbers are still missing. Null afterwards.
    whole
        Number of the newest version when that began.
    untidy
        Whether the engine's files may still hold tokens that were taken out.
    """

    format = models.TextField()
    place = models.BigIntegerField()
    below = models.BigIntegerField(null=True)
    whole = models.BigIntegerField()
    untidy = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"index at place {self.place}"


class SavedView(models.Model):
    """A question that somebody keeps, for themselves or, where ``shared``, for all.

    ``query`` is the JSON of the `Query`; ``seller`` repeats what it says of one, so that an
    erasure finds it. ``event`` tells of it in the ledger, and is erased with it.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, "+")
    name = models.CharField(max_length=80)
    query = models.TextField()
    seller = models.TextField(default="")
    shared = models.BooleanField()
    event = models.OneToOneField("audit.Event", models.PROTECT, related_name="+")

    class Meta:
        """What the database enforces."""

        constraints = (models.UniqueConstraint(fields=("owner", "name"), name="one_view_a_name"),)

    def __str__(self) -> str:
        return self.name
