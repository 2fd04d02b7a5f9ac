"""The database engine that the settings name for PostgreSQL.

A server that hangs keeps its connections open and answers nothing, so neither the server's own
``statement_timeout`` nor TCP's timers end the wait: the client has to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import psycopg
from django.db.backends.postgresql import base
from psycopg.errors import _WaitTimeout

if TYPE_CHECKING:
    from psycopg.abc import PQGen

Result = TypeVar("Result")
SPARE_SECONDS = 5.0
"""The server ends a statement by itself first, where it is alive."""


class BoundedConnection(psycopg.Connection[Any]):
    """Closes itself when the server has not answered for so long; None: waits for ever."""

    answer_seconds: float | None = None

    def wait(
        self, gen: PQGen[Result], interval: float = 0.1, timeout: float | None = None
    ) -> Result:
        """Wait for the server, as every statement does."""
        bound = self.answer_seconds if timeout is None else timeout
        try:
            return super().wait(gen, interval, bound)
        except _WaitTimeout as error:
            if timeout is not None:
                raise
            self.pgconn.finish()
            problem = f"the server has not answered for {bound:g} s"
            raise psycopg.OperationalError(problem) from error


class DatabaseWrapper(base.DatabaseWrapper):
    """Connects so."""

    def get_connection_params(self) -> dict[str, Any]:
        """Leave out what libpq does not know."""
        params = super().get_connection_params()
        self._answer_seconds = params.pop("answer_seconds", None)
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> BoundedConnection:
        """Connect."""
        self.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
        connection = BoundedConnection.connect(**conn_params)
        assert isinstance(connection, BoundedConnection)
        if self._answer_seconds:
            connection.answer_seconds = self._answer_seconds + SPARE_SECONDS
        return connection

    def wait_for_ever(self) -> None:
        """Let this connection's statements take as long as they take, as migrations may."""
        with self.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
        self.connection.answer_seconds = None
