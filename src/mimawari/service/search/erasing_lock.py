"""Indexers write only while nothing is taken out, and what is taken out waits for their writing.

On PostgreSQL an indexer could look whether a version is still there just before an erasure
commits, and write it just after. So both hold one lock until their transaction ends: indexers
share it, whoever takes out holds it alone. It is taken before any row is, by indexers after the
row of their own state, which no erasure takes, so nobody waits in a circle. SQLite has one writer
at a time anyway.
"""

from __future__ import annotations

from django.db import connection

# PostgreSQL's advisory locks are numbers of the whole database.
LOCK = 0x73_65_61_72_63_68


def share() -> None:
    """Wait until nobody takes anything out; nobody begins to before the transaction ends."""
    _lock("pg_advisory_xact_lock_shared")


def hold() -> None:
    """Wait until no indexer writes; none does before the transaction ends."""
    _lock("pg_advisory_xact_lock")


def _lock(function: str) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {function}(%s)", [LOCK])
