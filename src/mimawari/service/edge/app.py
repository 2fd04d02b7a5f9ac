"""The edge: one ASGI application with the hot routes in front and Django behind."""

from __future__ import annotations

import threading
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Mount

from mimawari.service.admission.admitter import Admitter
from mimawari.service.audit.sealer import Sealer
from mimawari.service.edge.answers import refuse
from mimawari.service.edge.auth import KeyRing
from mimawari.service.edge.routes import Routes
from mimawari.service.edge.writer import Writer
from mimawari.service.media.keeper import Keeper
from mimawari.service.media.reading import Reader
from mimawari.service.release.steward import Steward
from mimawari.service.scoring.scorer import Scorer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp


class Edge:
    """The writer, the threads that work beside it, and the keys of one process."""

    def __init__(self) -> None:
        self.worker = Scorer()
        self.admitter = Admitter()
        self.reader = Reader(on_read=self.worker.wake.set)
        self.keeper = Keeper(on_settled=self._pictures_came)
        self.writer = Writer(on_commit=self._wake)
        self.keys = KeyRing()
        self.steward = Steward()
        self.sealer = Sealer()
        self._threads = [
            threading.Thread(target=self.worker.run, name="worker", daemon=True),
            threading.Thread(target=self.admitter.run, name="admitter", daemon=True),
            threading.Thread(target=self.keeper.run, name="keeper", daemon=True),
            threading.Thread(target=self.reader.run, name="reader", daemon=True),
            threading.Thread(target=self.steward.run, name="steward", daemon=True),
            threading.Thread(target=self.sealer.run, name="sealer", daemon=True),
        ]

    def _wake(self) -> None:
        self.worker.wake.set()
        self.keeper.wake.set()

    def _pictures_came(self) -> None:
        self.worker.wake.set()
        self.reader.wake.set()

    @asynccontextmanager
    async def lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        """Start the threads with the application, and end them after its last answer."""
        self.writer.start()
        for thread in self._threads:
            thread.start()
        yield
        self.writer.stop()
        self.worker.stop()
        self.admitter.stop()
        self.keeper.stop()
        self.reader.stop()
        self.steward.stop()
        self.sealer.stop()
        for thread in self._threads:
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
