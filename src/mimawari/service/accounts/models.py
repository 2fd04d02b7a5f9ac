"""API keys, topics that accounts are restricted to, sessions, used codes; accounts are Django's."""

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


class OpenSession(models.Model):
    """Where an account is signed in, as its page shows it; Django's own row says whether still.

    Parameters
    ----------
    log_in
        The log-in's name, which stays where the session's key changes.
    device
        What the browser calls itself.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, "open_sessions")
    session_key = models.CharField(max_length=40, unique=True)
    log_in = models.CharField(max_length=32)
    address = models.GenericIPAddressField(null=True)
    device = models.TextField()
    begun_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.user} {self.begun_at:%Y-%m-%d %H:%M}"


class CodeUse(models.Model):
    """What codes of an account's second factor were used: each counts once, and few may be wrong.

    Parameters
    ----------
    last_step
        The newest time step whose code was used; none before it counts.
    failures, since
        Wrong codes since a time, whatever address they came from.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    last_step = models.BigIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    since = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.user} {self.last_step}"
