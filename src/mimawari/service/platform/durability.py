"""Whether the store keeps what it has acknowledged when the power goes."""

from __future__ import annotations

from django.db import connection

from mimawari.errors import FieldProblem

FIELD = "database_url"
# SQLite's name for each number of `PRAGMA synchronous`; the settings set FULL.
_LEVELS = ("OFF", "NORMAL", "FULL", "EXTRA")
_FULL = 2


def warnings() -> list[FieldProblem]:
    """Give what makes a commit, and so a 202, worth less than it says."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA synchronous")
            (level,) = cursor.fetchone()
            if level >= _FULL:
                return []
            problem = f"SQLite runs with synchronous={_LEVELS[level]}: {_LOST}"
            return [FieldProblem(FIELD, problem, "set it to FULL")]
        cursor.execute(
            "SELECT name FROM pg_settings"
            " WHERE name IN ('synchronous_commit', 'fsync') AND setting = 'off' ORDER BY name"
        )
        return [
            FieldProblem(FIELD, f"PostgreSQL runs with {name} off: {_LOST}", f"set {name} to on")
            for (name,) in cursor.fetchall()
        ]


_LOST = "what was acknowledged can be lost with the power"
