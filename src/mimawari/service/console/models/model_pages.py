"""Pages of models: all of them, one, two side by side.

Not for those who judge alone: what is in force, and on trial, would unblind them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import render
from django.views.decorators.http import require_GET
from msgspec.structs import asdict

from mimawari.errors import InvalidInputError
from mimawari.service.accounts.guard import authority_in, needs
from mimawari.service.accounts.permissions import Permission
from mimawari.service.catalogue.models import ModelVersion
from mimawari.service.console.addresses import data_set_address
from mimawari.service.console.models.model_differences import differences
from mimawari.service.console.models.model_page import model_page
from mimawari.service.console.models.model_search import (
    Filters,
    models_page,
    problem_text,
    read_filters,
)

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@needs(Permission.QUALITY)
@require_GET
def models(request: HttpRequest) -> HttpResponse:
    """List the models that match the address's filters, the newest first."""
    authority, problem, given = authority_in(request), "", Filters()
    try:
        given = read_filters(request.GET)
        page = models_page(given, request.GET.get("before", ""), authority)
    except InvalidInputError as error:
        problem = problem_text(error)
        page = models_page(given, "", authority)
    context = {**asdict(page), "problem": problem}
    return render(request, "console/models/models.html", context, status=400 if problem else 200)


@needs(Permission.QUALITY)
@require_GET
def model(request: HttpRequest, version: str) -> HttpResponse:
    """Show one model."""
    page = model_page(stored_model(request, version), authority_in(request))
    return render(request, "console/models/model.html", asdict(page))


@needs(Permission.QUALITY)
@require_GET
def compare(request: HttpRequest) -> HttpResponse:
    """Show how two models differ."""
    a = stored_model(request, request.GET.get("a", ""))
    b = stored_model(request, request.GET.get("b", ""))
    between = differences(a, b)
    may_see = authority_in(request).may(Permission.EXPORT)
    address = (
        data_set_address(between.data_sets[1], between.data_sets[0]) if between.data_sets else ""
    )
    context = {
        "a": a,
        "b": b,
        "data_sets_address": address if may_see else "",
        **asdict(between),
    }
    return render(request, "console/models/compare.html", context)


def stored_model(request: HttpRequest, version: str) -> ModelVersion:
    """Give a model that who asks may see; 404 and 403 else."""
    stored = ModelVersion.objects.filter(pk=version.replace("\0", "")).first()
    if stored is None:
        raise Http404
    if not authority_in(request).concerns(stored.topic):
        raise PermissionDenied
    return stored
