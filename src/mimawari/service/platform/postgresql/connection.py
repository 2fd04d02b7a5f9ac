"""One connection to PostgreSQL that gives up on a server which does not answer.

A server that hangs keeps its connections open and answers nothing, so neither the server's own
``statement_timeout`` nor TCP's timers end the wait: the client has to.
"""

from __future__ import annotations

import selectors
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg
from psycopg.errors import _WaitTimeout

if TYPE_CHECKING:
    from typing import Self

    from psycopg.abc import PQGen

Result = TypeVar("Result")
SPARE_SECONDS = 5.0
"""The server ends a statement by itself first, where it is alive."""


class BoundedConnection(psycopg.Connection[Any]):
    """Closes itself when the server has not answered for so long; None: waits for ever."""

    answer_seconds: float | None = None

    @classmethod
    def connect(  # type: ignore[override]
        cls,
        conninfo: str = "",
        *,
        answer_seconds: float | None = None,
        **params: Any,  # noqa: ANN401
    ) -> Self:
        """Connect; the bound is what a statement may take, and a little to spare."""
        connection = super().connect(conninfo, **params)
        if answer_seconds:
            connection.answer_seconds = answer_seconds + SPARE_SECONDS
        return connection

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

    def is_quiet(self) -> bool:
        """Whether an idle connection may be used: a server that ended it has sent something.

        It asks the operating system, not the server, so it costs no round trip.
        """
        if self.closed or self.broken:
            return False
        with selectors.DefaultSelector() as selector:
            selector.register(self.fileno(), selectors.EVENT_READ)
            return not selector.select(0)
