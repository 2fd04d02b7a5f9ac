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
from mimawari.service.campaigns.models import CampaignState, standing
from mimawari.service.campaigns.plan import Source
from mimawari.service.campaigns.reading import plan_of
from mimawari.service.console.campaign_page import campaign_lines, campaign_page
from mimawari.service.console.campaign_words import source_text
from mimawari.service.console.review_pages import number_in
from mimawari.service.console.topic_titles import titles_in_force

if TYPE_CHECKING:
    from django.http import HttpResponse

    from mimawari.service.campaigns.models import CampaignChange
    from mimawari.service.console.review_pages import HttpRequest

MOST_TEXT = 2_000
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
        "sources": [(source.value, source_text(source.value)) for source in Source],
    }
    return render(request, "console/campaigns.html", context)


@needs(Permission.QUALITY)
@require_GET
def campaign(request: HttpRequest, number: int) -> HttpResponse:
    """Show a campaign: progress, yield, sources, changes."""
    stands = _stands(request, number)
    topic = stands.campaign.topic
    may_change = authority_in(request).may(Permission.CAMPAIGNS, topic)
    context = {**asdict(campaign_page(stands)), "may_change": may_change}
    return render(request, "console/campaign.html", context)


@needs(Permission.CAMPAIGNS)
@require_POST
def begin(request: HttpRequest) -> HttpResponse:
    """Create a campaign."""
    try:
        goal = request.POST.get("goal", "labels")
        given: dict[str, object] = {
            "sources": [s for s in request.POST.getlist("source") if s in set(Source)],
            "budget": _number(request, "budget"),
            "beyond": _number(request, "beyond"),
            "until": _text(request, "until"),
            "violations" if goal == "violations" else "labels": _number(request, "number"),
            "least_yield": _number(request, "least_yield") / 100,
            "retrain": request.POST.get("retrain") == "on",
            **{name: _text(request, name) for name in ("text", "language", "category")},
        }
        actor, topic = principal_of(request.user), _text(request, "topic")
        made = create(topic, _text(request, "name"), plan_of(given), actor, "")
    except InvalidInputError as error:
        messages.error(request, str(error))
        return redirect("console:campaigns")
    messages.success(request, _("The campaign runs."))
    return redirect("console:campaign", made.campaign_id)


@needs(Permission.CAMPAIGNS)
@require_POST
def change_campaign(request: HttpRequest, number: int) -> HttpResponse:
    """Pause a campaign, let it go on, or end it."""
    _stands(request, number)
    try:
        state = STATES.get(request.POST.get("do", ""))
        if state is None:
            raise InvalidInputError(FieldProblem("do", "is unknown", "use a button of the page"))
        change(number, principal_of(request.user), _text(request, "reason"), state=state)
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


def _text(request: HttpRequest, name: str) -> str:
    text = request.POST.get(name, "").replace("\0", "").strip()
    if len(text) > MOST_TEXT:
        problem = f"has {len(text):,} characters"
        raise InvalidInputError(FieldProblem(name, problem, f"use {MOST_TEXT:,} at most"))
    return text


def _number(request: HttpRequest, name: str) -> int:
    text = _text(request, name) or "0"
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise InvalidInputError(FieldProblem(name, f"{text[:20]!r} is no number", "write digits"))
    return int(text)
