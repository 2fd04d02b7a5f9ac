"""Headers of every page that Django's own middleware does not set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.cache import add_never_cache_headers
from django.utils.deprecation import MiddlewareMixin

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase

UNUSED = ("camera", "display-capture", "geolocation", "microphone", "payment", "usb")
POLICY = ", ".join(f"{name}=()" for name in UNUSED)


class PrivatePages(MiddlewareMixin):
    """Keep pages out of caches, so that nobody reads them after a log-out, and devices unused."""

    def process_response(
        self, _request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Add the headers."""
        add_never_cache_headers(response)
        response.headers["Permissions-Policy"] = POLICY
        response.headers["X-Robots-Tag"] = "noindex"
        return response
