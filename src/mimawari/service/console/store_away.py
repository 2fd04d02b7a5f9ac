"""The page that says that the store does not answer."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from django.db.utils import InterfaceError, OperationalError
from django.http import HttpResponse
from django.template import loader
from django.views.defaults import server_error

from mimawari.service.platform.store_away import AWAY

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

RETRY_SECONDS = "5"


def unavailable() -> HttpResponse:
    """Give the page, which asks the store for nothing."""
    page = loader.get_template("503.html").render()
    return HttpResponse(page, status=503, headers={"Retry-After": RETRY_SECONDS})


def failed(request: HttpRequest) -> HttpResponseBase:
    """Answer for what went wrong in a view: the store is away, or the program has a fault."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return unavailable()
    return server_error(request)


class StoreAway:
    """Middleware before all that asks the store: refuses at once while it does not answer."""

    sync_capable, async_capable = True, False

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass a request on, or refuse it."""
        scope = getattr(request, "scope", {})
        return unavailable() if scope.get(AWAY) else self._get_response(request)
