"""API keys, and the topics that accounts are restricted to; accounts are Django's users."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class ApiKey(models.Model):
    """A client's key: the secret is kept only as its SHA-256.

    ``moderator`` is the account that decides where the key may review; ``topics`` are the only
    ones it has to do with, all where there are none.
    """

    prefix = models.CharField(max_length=16, unique=True)
    secret_sha256 = models.CharField(max_length=64)
    scopes = models.JSONField(default=list)
    topics = models.JSONField(default=list)
    name = models.TextField()
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    moderator = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, "+", null=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix})"


class AccountTopic(models.Model):
    """One of the only topics that an account has to do with; it has all where there are none."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, "restricted_to")
    topic = models.TextField()

    class Meta:
        """Each topic once."""

        constraints = (models.UniqueConstraint(fields=("user", "topic"), name="topic_of_account"),)

    def __str__(self) -> str:
        return f"{self.user} {self.topic}"
