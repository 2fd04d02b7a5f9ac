"""The edge: one ASGI application with the hot routes in front and Django behind."""

from __future__ import annotations

import threading
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Mount

from mimawari.service.api.answers import refuse
from mimawari.service.api.auth import KeyRing
from mimawari.service.api.routes import Routes
from mimawari.service.api.store import lending
from mimawari.service.intake.writer import Writer
from mimawari.service.ops.follower import SuiteFollower
from mimawari.service.platform.heartbeats import Heartbeat
from mimawari.service.platform.running import state_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp

EDGE = "edge"


class Edge:
    """The writer, the suite, the heartbeat and the keys of one process.

    Parameters
    ----------
    needed
        Names the roles that the installation needs; health says which are missing.
    """

    def __init__(self, needed: Callable[[], Sequence[str]] = tuple) -> None:
        self.needed = needed
        self.writer = Writer()
        self.keys = KeyRing()
        self.suites = SuiteFollower()
        loops = (self.suites,)
        heartbeat = Heartbeat(EDGE, lambda: self.suites.number, lambda: state_of(loops))
        self.suites.on_change = heartbeat.wake.set
        self._loops = (*loops, heartbeat)

    @asynccontextmanager
    async def lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        """Start the threads with the application, and end them after its last answer."""
        threads = [
            threading.Thread(target=one.run, name=type(one).__name__, daemon=True)
            for one in self._loops
        ]
        with lending():
            self.writer.start()
            for thread in threads:
                thread.start()
            yield
            self.writer.stop()
            for one in self._loops:
                one.stop()
            for thread in threads:
                thread.join()

    def application(self, behind: ASGIApp) -> Starlette:
        """Give the ASGI application; what no route takes goes to ``behind``."""
        routes = [*Routes(self).table(), Mount("/", behind)]
        return Starlette(
            routes=routes,
            lifespan=self.lifespan,
            exception_handlers={
                HTTPException: _refused,
                ClientDisconnect: _gone,
                Exception: _broke,
            },
        )


async def _gone(_request: Request, _error: Exception) -> Response:
    """End a request whose client went away in the middle; nobody reads this, but the log stays."""
    return refuse(400, "body", "ended before it was whole", "send it again")


async def _broke(_request: Request, _error: Exception) -> Response:
    """Answer for a fault of this program in the shape of every problem; the log has the rest."""
    return refuse(500, "request", "could not be dealt with", "look into the server's log for why")


async def _refused(_request: Request, error: Exception) -> Response:
    """Refuse an unknown path or method in the same shape as every other problem."""
    assert isinstance(error, HTTPException)
    remedy = "GET /api/v1/openapi.json names every path and method"
    found = refuse(error.status_code, "request", f"is refused: {error.detail}", remedy)
    found.headers.update(error.headers or {})
    return found
