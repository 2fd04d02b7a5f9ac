"""Pages for requests that are refused, which read nothing of what was sent.

Django's own ask for the form to check its token, and fail where the body is no form.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.template import loader

if TYPE_CHECKING:
    from django.http import HttpRequest


def not_understood(_request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer for a request that is malformed."""
    return _page(400)


def not_found(_request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer for an address that is none."""
    return _page(404)


def _page(status: int) -> HttpResponse:
    return HttpResponse(loader.get_template(f"{status}.html").render(), status=status)
