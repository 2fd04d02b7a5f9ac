"""Pages of edge cases: those of a topic, one more from the page of a listing, one less."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from msgspec.structs import asdict

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.service.accounts.authority import principal_of
from mimawari.service.accounts.guard import authority_in, needs
from mimawari.service.accounts.permissions import Permission
from mimawari.service.console.edge_case_page import edge_cases_page
from mimawari.service.console.review_pages import number_in
from mimawari.service.console.topic_titles import titles_in_force
from mimawari.service.edge_cases import bank
from mimawari.service.edge_cases.models import EdgeCase
from mimawari.service.review import hard_cases

if TYPE_CHECKING:
    from django.http import HttpResponse

    from mimawari.service.console.review_pages import HttpRequest


@needs(Permission.QUALITY)
@require_GET
def edge_cases(request: HttpRequest, topic: str) -> HttpResponse:
    """List a topic's edge cases; those that judge no more say why."""
    names, authority = titles_in_force(), authority_in(request)
    if topic not in names:
        raise Http404
    if not authority.concerns(topic):
        raise PermissionDenied
    context = {
        **asdict(edge_cases_page(topic, number_in(request.GET.get("before", "")))),
        "topic": topic,
        "name": names[topic],
        "may_change": authority.may(Permission.EDGE_CASES, topic),
    }
    return render(request, "console/models/edge_cases.html", context)


@needs(Permission.EDGE_CASES)
@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """Keep the version of a listing that somebody looks at, and go back to its page."""
    listing_id = _text(request, "listing")
    try:
        case = hard_cases.add(
            listing_id,
            _text(request, "topic"),
            _text(request, "why"),
            principal_of(request.user),
            _text(request, "reason"),
            _text(request, "verdict"),
            number_in(_text(request, "version")),
        )
    except InvalidInputError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("It is edge case %(number)s now.") % {"number": case.pk})
    return redirect(f"{reverse('console:listing')}?{urlencode({'id': listing_id})}")


@needs(Permission.EDGE_CASES)
@require_POST
def retire(request: HttpRequest, number: int) -> HttpResponse:
    """Let a case judge no more, with a reason."""
    case = EdgeCase.objects.filter(pk=number).first()
    if case is None:
        raise Http404
    if not authority_in(request).concerns(case.topic):
        raise PermissionDenied
    try:
        bank.retire(number, principal_of(request.user), _text(request, "reason"))
    except InvalidInputError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("It judges no more."))
    return redirect("console:edge_cases", case.topic)


def _text(request: HttpRequest, name: str) -> str:
    text = request.POST.get(name, "").replace("\0", "").strip()
    if len(text) > bank.MOST_REASON:
        problem = f"has {len(text):,} characters"
        remedy = f"use {bank.MOST_REASON:,} at most"
        raise InvalidInputError(FieldProblem(name, problem, remedy))
    return text
