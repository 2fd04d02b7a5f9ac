"""Pages of campaigns: the list with a form for a new one, and one with its progress."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from msgspec.structs import asdict

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.service.accounts.authority import principal_of
from mimawari.service.accounts.guard import authority_in, needs
from mimawari.service.accounts.permissions import Permission
from mimawari.service.campaigns.changing import change, create
from mimawari.service.campaigns.given import plan_of
from mimawari.service.campaigns.models import CampaignState, standing
from mimawari.service.console.campaign_form import campaign_form, given_in, text_in
from mimawari.service.console.campaign_page import campaign_lines, campaign_page
from mimawari.service.console.review_pages import number_in
from mimawari.service.console.topic_titles import titles_in_force

if TYPE_CHECKING:
    from django.http import HttpResponse

    from mimawari.service.campaigns.models import CampaignChange
    from mimawari.service.console.review_pages import HttpRequest

STATES = {
    "pause": CampaignState.PAUSED,
    "resume": CampaignState.RUNNING,
    "end": CampaignState.ENDED,
}


@needs(Permission.QUALITY)
@require_GET
def campaigns(request: HttpRequest) -> HttpResponse:
    """List campaigns, the newest first."""
    authority = authority_in(request)
    lines, older = campaign_lines(authority, number_in(request.GET.get("before", "")))
    mine = [row for row in titles_in_force().items() if authority.concerns(row[0])]
    context = {
        "lines": lines,
        "older": older,
        "may_change": authority.may(Permission.CAMPAIGNS),
        "topics": sorted(mine, key=lambda row: row[1]),
        "form": campaign_form(),
    }
    return render(request, "console/campaigns.html", context)


@needs(Permission.QUALITY)
@require_GET
def campaign(request: HttpRequest, number: int) -> HttpResponse:
    """Show a campaign: progress, yield, sources, changes."""
    stands = _stands(request, number)
    topic = stands.campaign.topic
    may_change = authority_in(request).may(Permission.CAMPAIGNS, topic)
    context = {
        **asdict(campaign_page(stands)),
        "may_change": may_change,
        "form": campaign_form(stands.planned),
    }
    return render(request, "console/campaign.html", context)


@needs(Permission.CAMPAIGNS)
@require_POST
def begin(request: HttpRequest) -> HttpResponse:
    """Create a campaign."""
    try:
        plan, actor = plan_of(given_in(request.POST)), principal_of(request.user)
        topic, name = text_in(request.POST, "topic"), text_in(request.POST, "name")
        made = create(topic, name, plan, actor, "")
    except InvalidInputError as error:
        messages.error(request, str(error))
        return redirect("console:campaigns")
    messages.success(request, _("The campaign runs."))
    return redirect("console:campaign", made.campaign_id)


@needs(Permission.CAMPAIGNS)
@require_POST
def change_campaign(request: HttpRequest, number: int) -> HttpResponse:
    """Pause a campaign, let it go on, end it, or change its plan."""
    _stands(request, number)
    try:
        pressed, reason = request.POST.get("do", ""), text_in(request.POST, "reason")
        actor = principal_of(request.user)
        if pressed == "edit":
            change(number, actor, reason, given=given_in(request.POST))
        elif pressed in STATES:
            change(number, actor, reason, state=STATES[pressed])
        else:
            raise InvalidInputError(FieldProblem("do", "is unknown", "use a button of the page"))
    except InvalidInputError as error:
        messages.error(request, str(error))
    return redirect("console:campaign", number)


def _stands(request: HttpRequest, number: int) -> CampaignChange:
    stands = standing([number]).get(number)
    if stands is None:
        raise Http404
    if not authority_in(request).concerns(stands.campaign.topic):
        raise PermissionDenied
    return stands
