"""The edge: one ASGI application with the hot routes in front and Django behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Mount

from mimawari.service.api.answers import refuse
from mimawari.service.api.forms import Forms
from mimawari.service.api.routes import table

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp

    from mimawari.service.api.edge import Edge


def application(edge: Edge, behind: ASGIApp) -> Starlette:
    """Give the ASGI application; what no route takes goes to ``behind``."""
    return Starlette(
        routes=[*table(edge), Mount("/", Forms(behind, edge.budget, edge.store))],
        lifespan=edge.lifespan,
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
    response = refuse(error.status_code, "request", f"is refused: {error.detail}", remedy)
    response.headers.update(error.headers or {})
    return response
