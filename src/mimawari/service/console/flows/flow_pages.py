"""Pages of flow runs, for whoever may manage models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET
from msgspec.structs import asdict

from mimawari.service.accounts.guard import authority_in, needs
from mimawari.service.accounts.permissions import Permission
from mimawari.service.console.flows.run_page import card_of, run_page
from mimawari.service.console.flows.runs_page import concerns, runs_page
from mimawari.service.flows.models import FlowRun

if TYPE_CHECKING:
    from django.http import HttpRequest

# The card is a page of its own with its style inside; nothing of it may run or be fetched.
CARD_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


@needs(Permission.MODELS)
@require_GET
def runs(request: HttpRequest) -> HttpResponse:
    """List runs, the newest first."""
    before = request.GET.get("before", "").replace("\0", "").strip()
    page = runs_page(authority_in(request), before)
    return render(request, "console/flows/runs.html", asdict(page))


@needs(Permission.MODELS)
@require_GET
def run(request: HttpRequest, name: str) -> HttpResponse:
    """Show a run."""
    page = run_page(_stored(request, name), authority_in(request))
    return render(request, "console/flows/run.html", asdict(page))


@needs(Permission.MODELS)
@require_GET
def card(request: HttpRequest, name: str) -> HttpResponse:
    """Give the card of a run as it was written, where it lies on this host."""
    path = card_of(_stored(request, name))
    if path is None:
        raise Http404
    return HttpResponse(path.read_bytes(), headers={"Content-Security-Policy": CARD_POLICY})


def _stored(request: HttpRequest, name: str) -> FlowRun:
    stored = FlowRun.objects.filter(pk=name.replace("\0", "")).first()
    if stored is None:
        raise Http404
    if not concerns(authority_in(request), stored):
        raise PermissionDenied
    return stored
