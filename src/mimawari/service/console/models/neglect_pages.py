"""The view of what is unused, stale, alerted or costly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from msgspec.structs import asdict

from mimawari.errors import InvalidInputError
from mimawari.evaluation.neglect.facts import Limits
from mimawari.service.accounts.guard import authority_in, needs
from mimawari.service.accounts.permissions import Permission
from mimawari.service.console.models.neglect_page import neglect_page, read_limits

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@needs(Permission.QUALITY)
@require_GET
def neglected(request: HttpRequest) -> HttpResponse:
    """List what is unused, stale, alerted or costly, with the cause, since when, and what helps."""
    problem, limits = "", Limits()
    try:
        limits = read_limits(request.GET)
    except InvalidInputError:
        problem = _("Write a number of days from 1 to 3650.")
    context = {**asdict(neglect_page(limits, authority_in(request))), "problem": problem}
    return render(request, "console/models/neglected.html", context, status=400 if problem else 200)
