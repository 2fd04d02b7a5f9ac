"""The page that says which version of a topic was in force when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from msgspec.structs import asdict

from mimawari.errors import InvalidInputError
from mimawari.service.accounts.guard import authority_in, needs
from mimawari.service.accounts.permissions import Permission
from mimawari.service.console.models.versions_page import (
    form_time,
    read_time,
    versions_page,
    was_in_force,
)
from mimawari.service.console.topic_titles import titles_in_force

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@needs(Permission.QUALITY)
@require_GET
def topic_versions(request: HttpRequest, topic: str) -> HttpResponse:
    """Show what was in force for a topic, the newest first, and what was at one time."""
    if not authority_in(request).concerns(topic):
        raise PermissionDenied
    if "\0" in topic or not was_in_force(topic):
        raise Http404
    problem, at = "", None
    try:
        at = read_time(request.GET.get("at", ""))
    except InvalidInputError:
        problem = _("Write a time such as 2026-11-02T09:30; it is read as UTC.")
    page = versions_page(topic, request.GET.get("before", ""), at)
    context = {
        **asdict(page),
        "topic": topic,
        "name": titles_in_force().get(topic, topic),
        "problem": problem,
        "asked": form_time(at),
    }
    return render(request, "console/models/versions.html", context, status=400 if problem else 200)
