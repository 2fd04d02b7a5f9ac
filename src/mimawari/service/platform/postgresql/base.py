"""The database engine that the settings name for PostgreSQL.

Every connection is bounded. Threads that last keep one of their own; where threads come and go
with requests they borrow one from a pool of the process, as a new one costs PostgreSQL more than
most requests do.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

import psycopg
from django.db.backends.postgresql import base
from psycopg_pool import PoolTimeout

from mimawari.service.platform.postgresql.connection import BoundedConnection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg_pool import ConnectionPool


class DatabaseWrapper(base.DatabaseWrapper):
    """Connects so."""

    _connection_pools: ClassVar[dict[str, ConnectionPool[Any]]]
    pooled: ClassVar[bool] = False
    """Whether connections are borrowed in this process; see `lending`."""
    _failed: ClassVar[bool] = False
    """Whether nothing could be borrowed the last time."""

    @classmethod
    @contextmanager
    def lending(cls) -> Iterator[None]:
        """Have the threads of this process borrow their connections, for as long as the block."""
        cls.pooled = True
        try:
            yield
        finally:
            cls.pooled = False
            while cls._connection_pools:
                _, pool = cls._connection_pools.popitem()
                pool.close()

    @property
    def pool(self) -> ConnectionPool[BoundedConnection] | None:
        """The pool of the process, where it has one."""
        return super().pool if self.pooled else None

    def get_new_connection(self, conn_params: dict[str, Any]) -> BoundedConnection:
        """Connect, or borrow a connection."""
        self.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
        pool = self.pool
        if pool is None:
            return BoundedConnection.connect(**conn_params)
        pool.open()
        if DatabaseWrapper._failed:
            # A server that is away says so at once; the pool would only let everybody wait.
            BoundedConnection.connect(**conn_params).close()
        try:
            borrowed = _borrowed(pool)
        except PoolTimeout as error:
            DatabaseWrapper._failed = True
            BoundedConnection.connect(**conn_params).close()  # its error names the reason better
            raise psycopg.OperationalError(
                f"all {pool.max_size} connections of this process were in use for"
                f" {pool.timeout:g} s; set database_connections higher"
            ) from error
        DatabaseWrapper._failed = False
        return borrowed

    def _close(self) -> None:
        """Give back what was borrowed, whether or not the process still lends."""
        if self.connection is None:
            return
        with self.wrap_database_errors:
            if (pool := getattr(self.connection, "_pool", None)) is None:
                self.connection.close()
            else:
                connection, self.connection = self.connection, None
                pool.putconn(connection)

    def wait_for_ever(self) -> None:
        """Let this connection's statements take as long as they take, as migrations may."""
        with self.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
        self.connection.answer_seconds = None


def _borrowed(pool: ConnectionPool[BoundedConnection]) -> BoundedConnection:
    """Borrow one that works: what broke while it was idle is given back, to be replaced."""
    while not (connection := pool.getconn()).is_quiet():
        connection.close()
        pool.putconn(connection)
    return connection
