"""API keys; moderators are Django's users."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class ApiKey(models.Model):
    """A client's key: the secret is kept only as its SHA-256.

    ``moderator`` is the account that decides where the key may review.
    """

    prefix = models.CharField(max_length=16, unique=True)
    secret_sha256 = models.CharField(max_length=64)
    scopes = models.JSONField(default=list)
    name = models.TextField()
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    moderator = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, "+", null=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix})"
