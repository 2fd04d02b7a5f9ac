"""Pages of trials: for engineers and administrators, since they would unblind a moderator."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required, permission_required
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from mimawari.service.accounts.roles import SEES_TRIALS
from mimawari.service.release.models import Trial
from mimawari.service.release.page import trial_page, trial_rows
from mimawari.service.release.planner_page import planner_page

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@login_required
@permission_required(SEES_TRIALS, raise_exception=True)
@require_GET
def trials(request: HttpRequest) -> HttpResponse:
    """Show the trials."""
    return render(request, "release/trials.html", {"trials": trial_rows()})


@login_required
@permission_required(SEES_TRIALS, raise_exception=True)
@require_GET
def trial(request: HttpRequest, number: int) -> HttpResponse:
    """Show one trial."""
    found = get_object_or_404(Trial.objects.select_related("generation"), pk=number)
    return render(request, "release/trial.html", trial_page(found))


@login_required
@permission_required(SEES_TRIALS, raise_exception=True)
@require_GET
def planner(request: HttpRequest) -> HttpResponse:
    """Show what a comparison would cost; the form's values are in the address."""
    return render(request, "release/planner.html", planner_page(request.GET))
