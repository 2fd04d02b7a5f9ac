"""Which processes run, and who holds what only one may hold."""

from __future__ import annotations

from django.db import models


class RoleProcess(models.Model):
    """A process that runs a role; times are those of the database's clock."""

    role = models.CharField(max_length=20)
    host = models.TextField()
    pid = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    beat_at = models.DateTimeField()
    generation = models.BigIntegerField(null=True)
    state = models.TextField(default="")

    def __str__(self) -> str:
        return f"{self.role} {self.pid}@{self.host}"


class Lease(models.Model):
    """Who may do what only one process does at a time, and until when unless renewed."""

    name = models.CharField(max_length=40, primary_key=True)
    holder = models.TextField()
    host = models.TextField()
    pid = models.PositiveIntegerField()
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name}: {self.pid}@{self.host}"
