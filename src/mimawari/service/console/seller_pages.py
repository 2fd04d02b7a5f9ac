"""The page of a seller, and what can be done there."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from mimawari.errors import FieldProblem, ForbiddenError, InvalidInputError
from mimawari.records.standing import Standing
from mimawari.service.accounts.authority import principal_of
from mimawari.service.accounts.guard import authority_in, needs
from mimawari.service.accounts.permissions import Permission
from mimawari.service.actions.lifting import lift
from mimawari.service.actions.restricting import restrict
from mimawari.service.catalogue.seller_policy import record_standing
from mimawari.service.console.seller_page import seller_view

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpResponse

    from mimawari.service.console.review_pages import HttpRequest

MOST_NUMBER = 18
"""Digits of an action's number: the database holds 64 bits."""


@needs(Permission.ACTIONS)
@require_GET
def seller(request: HttpRequest) -> HttpResponse:
    """Show what is known of a seller."""
    seller_id = request.GET.get("id", "").replace("\0", "").strip()
    authority = authority_in(request)
    context = {
        "seller_id": seller_id,
        "view": seller_view(seller_id, authority) if seller_id else None,
        "may_act": authority.may(Permission.ACT),
        "may_set_standing": authority.may(Permission.POLICY),
        "all_topics": authority.topics is None,
    }
    return render(request, "console/seller.html", context)


@needs(Permission.ACT)
@require_POST
def restrict_seller(request: HttpRequest) -> HttpResponse:
    """Restrict the seller for a topic."""
    who, topic, why = _seller_in(request), request.POST.get("topic", ""), _reason_in(request)
    principal = principal_of(request.user)
    return _done(
        request, lambda: restrict(who, topic, principal, why), _("The seller is restricted.")
    )


@needs(Permission.ACT)
@require_POST
def lift_restriction(request: HttpRequest) -> HttpResponse:
    """Lift a restriction, or take a proposal of one back."""
    text, principal = request.POST.get("action", ""), principal_of(request.user)
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_NUMBER else 0
    why = _reason_in(request)
    return _done(request, lambda: lift(number, principal, why), _("The restriction is lifted."))


@needs(Permission.POLICY)
@require_POST
def change_standing(request: HttpRequest) -> HttpResponse:
    """Trust or exempt the seller, or neither."""
    principal, topic = principal_of(request.user), request.POST.get("topic", "")

    def record() -> object:
        standing = request.POST.get("standing", "")
        if standing not in tuple(Standing):
            problem = FieldProblem(
                "standing", f"is {standing[:20]!r}", f"use {', '.join(Standing)}"
            )
            raise InvalidInputError(problem)
        topics, until = [topic] if topic else [], _day_in(request)
        return record_standing(
            _seller_in(request), Standing(standing), topics, principal, _reason_in(request), until
        )

    return _done(request, record, _("It is recorded."))


def _seller_in(request: HttpRequest) -> str:
    return request.POST.get("seller", "").replace("\0", "").strip()


def _reason_in(request: HttpRequest) -> str:
    return request.POST.get("reason", "").replace("\0", "").strip()


def _day_in(request: HttpRequest) -> datetime | None:
    text = request.POST.get("until", "").strip()
    if not text:
        return None
    try:
        day = datetime.fromisoformat(text)
    except ValueError as error:
        problem = FieldProblem("until", f"is {text[:20]!r}", "write a day such as 2027-01-31")
        raise InvalidInputError(problem) from error
    return day.replace(tzinfo=UTC) if day.tzinfo is None else day


def _done(request: HttpRequest, act: Callable[[], object], text: str) -> HttpResponse:
    """Do it, and show the seller's page with what came of it."""
    try:
        act()
    except ForbiddenError:
        messages.error(request, _("Your account may not do that in this topic."))
    except InvalidInputError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, text)
    return redirect(f"{reverse('console:seller')}?{urlencode({'id': _seller_in(request)})}")
