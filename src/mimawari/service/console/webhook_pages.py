"""Webhook endpoints: how they fare, what they never took, and what is sent to them once more."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.service.accounts.authority import principal_of
from mimawari.service.accounts.guard import needs
from mimawari.service.accounts.permissions import Permission
from mimawari.service.delivery import endpoints
from mimawari.service.delivery.models import Endpoint, Receipt
from mimawari.service.delivery.status import EndpointSummary, dead_letter, summaries, summary

if TYPE_CHECKING:
    from django.http import HttpResponse

    from mimawari.records.principal import Principal
    from mimawari.service.console.review_pages import HttpRequest

MOST_RECEIPTS, MOST_DEAD = 50, 100


@needs(Permission.WEBHOOKS)
@require_GET
def webhooks(request: HttpRequest) -> HttpResponse:
    """List the endpoints with their health."""
    rows = [(row, *health(row)) for row in summaries()]
    return render(request, "console/webhooks.html", {"endpoints": rows})


@needs(Permission.WEBHOOKS)
@require_GET
def webhook(request: HttpRequest, number: int) -> HttpResponse:
    """Show one endpoint: its last answers and dead letters."""
    endpoint = _existing(number)
    row = summary(endpoint)
    receipts = Receipt.objects.filter(endpoint=endpoint).order_by("-pk")[:MOST_RECEIPTS]
    kind, text = health(row)
    context = {
        "endpoint": row,
        "health": kind,
        "health_text": text,
        "receipts": list(receipts),
        "dead": [dead_letter(d) for d in endpoints.dead_letters(number, MOST_DEAD)],
    }
    return render(request, "console/webhook.html", context)


@needs(Permission.WEBHOOKS)
@require_POST
def change(request: HttpRequest, number: int) -> HttpResponse:
    """Enable or disable an endpoint, or send it everything from a time on once more."""
    _existing(number)
    reason = request.POST.get("reason", "").replace("\0", "")
    try:
        done = _changed(request, number, principal_of(request.user), reason)
        messages.success(request, done)
    except InvalidInputError as error:
        messages.error(request, str(error))
    return redirect("console:webhook", number)


def _changed(request: HttpRequest, number: int, actor: Principal, reason: str) -> str:
    do = request.POST.get("do", "")
    if do == "enable":
        endpoints.enable(number, actor, reason)
        return _("Events are sent again.")
    if do == "disable":
        endpoints.disable(number, actor, reason)
        return _("Nothing more is sent; what waits stays.")
    if do == "replay":
        endpoints.replay(number, _time_in(request.POST.get("since", "")), actor, reason)
        return _("Everything from then on is sent once more.")
    raise InvalidInputError(FieldProblem("do", "is unknown", "use enable, disable or replay"))


def _time_in(text: str) -> datetime:
    """Read a time of a form, in UTC."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        problem = FieldProblem("since", f"{text[:40]!r} is no time", "write 2026-01-31T09:00")
        raise InvalidInputError(problem) from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _existing(number: int) -> Endpoint:
    endpoint = Endpoint.objects.filter(pk=number).first()
    if endpoint is None:
        raise Http404
    return endpoint


def health(row: EndpointSummary) -> tuple[str, str]:
    """Say how an endpoint fares: a style, and words in the user's language."""
    if not row.active:
        return "undecided", _("disabled")
    if row.failing_since:
        return "reject", _("failing")
    if row.dead:
        return "undecided", _("dead letters")
    return ("promote", _("healthy")) if row.last else ("", _("nothing sent yet"))
