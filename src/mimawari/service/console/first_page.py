"""The first page after the log-in: an overview for whoever leads, else the topics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.views.decorators.http import require_GET

from mimawari.service.accounts.guard import authority_in, needs
from mimawari.service.accounts.permissions import Permission
from mimawari.service.console.overview_page import PERIODS, overview_page
from mimawari.service.console.topics_page import topics_today
from mimawari.service.review.passing import escalated_to

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@needs(Permission.CONSOLE)
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Show the overview to who decides what was escalated, and may see figures; else the topics."""
    authority = authority_in(request)
    if authority.may(Permission.ESCALATED) and authority.may(Permission.QUALITY):
        return _overview(request)
    return render(request, "console/home.html", _topics(request))


@needs(Permission.CONSOLE)
@require_GET
def topics(request: HttpRequest) -> HttpResponse:
    """Show the account's topics with what waits in each."""
    return render(request, "console/home.html", _topics(request))


@needs(Permission.QUALITY)
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """Show how the moderation of the account's topics fares."""
    return _overview(request)


def _overview(request: HttpRequest) -> HttpResponse:
    context = {"page": overview_page(request), "periods": PERIODS}
    return render(request, "console/overview.html", context)


def _topics(request: HttpRequest) -> dict[str, object]:
    authority = authority_in(request)
    rows = [row for row in topics_today() if authority.concerns(row.topic)]
    escalated = escalated_to(authority) if authority.may(Permission.ESCALATED) else 0
    return {
        "waiting": [row for row in rows if row.open],
        "empty": [row for row in rows if not row.open],
        "topics": rows,
        "escalated": escalated,
        "open": sum(row.open for row in rows),
    }
