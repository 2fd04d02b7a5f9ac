"""What each route of the API needs: a permission, or nothing; asked before its handler runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from mimawari.service.accounts.permissions import Permission

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from mimawari.service.api.auth import KeyRing

# By method and path; None is for everybody. A route that is not here cannot be served.
ACCESS: dict[tuple[str, str], Permission | None] = {
    ("POST", "/api/v1/listings"): Permission.SUBMIT,
    ("POST", "/api/v1/listings:batch"): Permission.SUBMIT,
    ("POST", "/api/v1/check"): Permission.CHECK,
    ("GET", "/api/v1/listings/{listing_id:path}"): Permission.LISTINGS,
    ("POST", "/api/v1/reviews:next"): Permission.REVIEW,
    ("POST", "/api/v1/reviews/{alert:int}"): Permission.REVIEW,
    ("GET", "/api/v1/backtests"): Permission.TRIALS,
    ("POST", "/api/v1/backtests"): Permission.RUN_TRIALS,
    ("GET", "/api/v1/backtests/{trial:int}"): Permission.TRIALS,
    ("POST", "/api/v1/backtests/{trial:int}:stop"): Permission.RUN_TRIALS,
    ("GET", "/api/v1/experiments"): Permission.TRIALS,
    ("POST", "/api/v1/experiments"): Permission.RUN_TRIALS,
    ("GET", "/api/v1/experiments/{trial:int}"): Permission.TRIALS,
    ("POST", "/api/v1/experiments/{trial:int}:stop"): Permission.RUN_TRIALS,
    ("POST", "/api/v1/experiments/{trial:int}:finish"): Permission.RUN_TRIALS,
    ("POST", "/api/v1/experiments:decide"): Permission.RUN_TRIALS,
    ("POST", "/api/v1/plan"): Permission.TRIALS,
    ("GET", "/api/v1/openapi.json"): None,
    ("GET", "/api/docs"): None,
    ("GET", "/health"): None,
    ("GET", "/metrics"): None,
}


def guarded(route: Route, prefix: str, keys: KeyRing) -> Route:
    """Give a route that asks for its permission first.

    Raises
    ------
    KeyError
        `ACCESS` does not say what it needs.
    """
    methods = sorted((route.methods or set()) - {"HEAD"})
    needed = {ACCESS[method, prefix + route.path] for method in methods}
    (permission,) = needed
    if permission is None:
        return route
    return Route(route.path, _asking(route.endpoint, permission, keys), methods=methods)


def _asking(
    handler: Callable[[Request], Awaitable[Response]], permission: Permission, keys: KeyRing
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        refused = await keys.refuse_unless(request, permission)
        return refused or await handler(request)

    return endpoint
