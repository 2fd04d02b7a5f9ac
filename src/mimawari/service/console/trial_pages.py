"""Pages of trials: not for those who judge, whom they would unblind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET
from msgspec.structs import asdict

from mimawari.service.accounts.guard import authority_in, needs
from mimawari.service.accounts.permissions import Permission
from mimawari.service.console.planner_page import planner_page
from mimawari.service.console.trial_page import trial_page, trial_rows
from mimawari.service.trials.models import Trial

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@needs(Permission.TRIALS)
@require_GET
def trials(request: HttpRequest) -> HttpResponse:
    """Show the trials of the account's topics."""
    authority = authority_in(request)
    rows = [row for row in trial_rows() if authority.concerns(row.trial.topic)]
    return render(request, "console/trials/trials.html", {"trials": rows})


@needs(Permission.TRIALS)
@require_GET
def trial(request: HttpRequest, number: int) -> HttpResponse:
    """Show one trial."""
    shown = get_object_or_404(Trial.objects.select_related("generation"), pk=number)
    if not authority_in(request).concerns(shown.topic):
        raise PermissionDenied
    return render(request, "console/trials/trial.html", asdict(trial_page(shown)))


@needs(Permission.TRIALS)
@require_GET
def planner(request: HttpRequest) -> HttpResponse:
    """Show what a comparison would cost; the form's values are in the address."""
    return render(request, "console/trials/planner.html", asdict(planner_page(request.GET)))
