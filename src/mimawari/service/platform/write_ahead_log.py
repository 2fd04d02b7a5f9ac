"""What SQLite's write-ahead log still holds of pages that were overwritten."""

from __future__ import annotations

from django.db import connection


def empty_log(wait_seconds: float = 10.0) -> bool:
    """Empty SQLite's write-ahead log, which holds pages as they were; gives whether it is empty.

    It is not while somebody reads; nothing is to be done on PostgreSQL.

    Parameters
    ----------
    wait_seconds
        How long readers are waited for; nobody writes meanwhile.
    """
    if connection.vendor != "sqlite":
        return True
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout")
        (usual,) = cursor.fetchone()
        cursor.execute(f"PRAGMA busy_timeout = {round(wait_seconds * 1000)}")
        try:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            busy, *_ = cursor.fetchone()
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {int(usual)}")
    return not busy
