"""One connection of its own, to ask whether PostgreSQL answers."""

from __future__ import annotations

import psycopg
from django.db import connections

from mimawari.service.platform.postgresql.connection import BoundedConnection

ANSWER_SECONDS = 3


class Probe:
    """Asks the server for nothing; outside of the pool, which others may hold whole."""

    def __init__(self) -> None:
        self._connection: BoundedConnection | None = None

    def answers(self) -> bool:
        """Whether the server answers within `ANSWER_SECONDS`, twice that where it connects."""
        try:
            if self._connection is None:
                self._connection = _connect()
            self._connection.execute("SELECT 1")
        except psycopg.Error:
            self.close()
            return False
        return True

    def close(self) -> None:
        """End the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _connect() -> BoundedConnection:
    parameters = connections["default"].get_connection_params()
    parameters |= {"connect_timeout": ANSWER_SECONDS, "autocommit": True, "answer_seconds": None}
    connection = BoundedConnection.connect(**parameters)
    connection.answer_seconds = ANSWER_SECONDS
    return connection
