"""Pages of data sets, for whoever may export labels: what is listed says who was judged how."""

from __future__ import annotations

import logging
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
from mimawari.service.catalogue.models import DataSetVersion
from mimawari.service.console.models.data_set_page import data_set_page
from mimawari.service.console.models.data_sets_page import all_series, concerns, one_series
from mimawari.service.console.models.difference_page import (
    ERASED,
    DifferencePage,
    difference_page,
)

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

logger = logging.getLogger(__name__)


@needs(Permission.EXPORT)
@require_GET
def data_sets(request: HttpRequest) -> HttpResponse:
    """List data sets by name; of one name all versions."""
    name, before = _text(request, "name"), _text(request, "before")
    authority = authority_in(request)
    page = one_series(name, authority, before) if name else None
    if page is None:
        page = all_series(authority, _text(request, "after"))
    return render(request, "console/models/data_sets.html", asdict(page))


@needs(Permission.EXPORT)
@require_GET
def data_set(request: HttpRequest, version: str) -> HttpResponse:
    """Show a version, and how it differs from another that the address names."""
    stored = _stored(request, version)
    if stored is None:
        raise Http404
    asked, problem, status = _text(request, "from"), "", 200
    difference: DifferencePage | None = None
    if asked:
        before = _stored(request, asked)
        if before is None:
            problem, status = _("There is no data set of this version."), 404
        else:
            difference, problem = _difference(before.pk, stored.pk)
            status = 409 if problem else 200
    context = {
        **asdict(data_set_page(stored, authority_in(request))),
        "asked": asked,
        "difference": difference,
        "problem": problem,
    }
    return render(request, "console/models/data_set.html", context, status=status)


def _difference(before: str, after: str) -> tuple[DifferencePage | None, str]:
    """Compare two versions, or say why that cannot be done."""
    try:
        return difference_page(before, after), ""
    except InvalidInputError as error:
        if error.problems[0].field == ERASED:
            return None, _("The rows of one were removed, as a seller among them was erased.")
        logger.warning("%s and %s cannot be compared: %s", before, after, error)
        return None, _("The rows of one are missing or damaged; mimawari data verify says more.")


def _stored(request: HttpRequest, version: str) -> DataSetVersion | None:
    stored = DataSetVersion.objects.filter(pk=version.replace("\0", "")).first()
    if stored is not None and not concerns(authority_in(request), stored):
        raise PermissionDenied
    return stored


def _text(request: HttpRequest, name: str) -> str:
    return request.GET.get(name, "").replace("\0", "").strip()
