"""What the files of a database still hold of rows that were overwritten."""

from __future__ import annotations

from django.db import connection


def empty_log() -> bool:
    """Empty SQLite's write-ahead log, which holds pages as they were; gives whether it is empty.

    It is not while somebody reads; nothing is to be done on PostgreSQL.
    """
    if connection.vendor != "sqlite":
        return True
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        busy, *_ = cursor.fetchone()
    return not busy
