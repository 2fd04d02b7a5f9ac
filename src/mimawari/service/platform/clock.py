"""The database's clock: the one that every host shares."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.db import connection
from django.utils import timezone

if TYPE_CHECKING:
    from datetime import datetime


def database_now() -> datetime:
    """Give the time of the database; on SQLite, which serves one host, that host's."""
    if connection.vendor == "sqlite":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cast("datetime", cursor.fetchone()[0])
