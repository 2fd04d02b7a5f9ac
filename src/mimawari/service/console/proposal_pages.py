"""Actions that the policy proposes: a lead takes them, or refuses them, and says why."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from mimawari.errors import InvalidInputError
from mimawari.service.accounts.authority import principal_of
from mimawari.service.accounts.guard import authority_in, needs
from mimawari.service.accounts.permissions import Permission
from mimawari.service.actions.lifting import MOST_REASON, lift, take
from mimawari.service.actions.models import Stage
from mimawari.service.actions.reading import NEWEST, USUAL, actions_of
from mimawari.service.console.action_words import kind_text, severity_text
from mimawari.service.console.review_pages import number_in
from mimawari.service.console.topic_titles import titles_in_force

if TYPE_CHECKING:
    from django.http import HttpResponse

    from mimawari.records.action import Action
    from mimawari.service.console.review_pages import HttpRequest

_DO = {"take": take, "refuse": lift}


class Proposal(msgspec.Struct, frozen=True):
    """A proposed action as the page shows it."""

    number: int
    at: datetime
    listing_id: str
    seller: str
    topic_name: str
    action: str
    because: str
    dry_run: bool


@needs(Permission.ACTIONS)
@require_GET
def proposals(request: HttpRequest) -> HttpResponse:
    """Show what is proposed now, the oldest of the newest page last."""
    authority, names = authority_in(request), titles_in_force()
    before = number_in(request.GET.get("before", ""))
    rows = actions_of(
        topics=authority.topics,
        stage=Stage.PROPOSED,
        before=NEWEST if before is None else before,
        most=USUAL + 1,
    )
    context = {
        "proposals": [_shown(action, names) for action in rows[:USUAL]],
        "older": rows[USUAL - 1].id if len(rows) > USUAL else None,
        "may_act": authority.may(Permission.ACT),
        "most_reason": MOST_REASON,
    }
    return render(request, "console/proposals.html", context)


def _shown(action: Action, names: dict[str, str]) -> Proposal:
    because = [severity_text(action.severity)] if action.severity else []
    if action.threshold is not None:
        text = _("%(n)s strikes") if action.lifts is None else _("fewer than %(n)s strikes by now")
        because.append(text % {"n": action.threshold})
    return Proposal(
        number=action.id,
        at=action.at,
        listing_id=action.listing,
        seller=action.seller,
        topic_name=names.get(action.topic, action.topic),
        action=_("lift the restriction") if action.lifts else kind_text(action.kind),
        because=" · ".join([*because, *action.clauses]),
        dry_run=action.dry_run,
    )


@needs(Permission.ACT)
@require_POST
def settle(request: HttpRequest) -> HttpResponse:
    """Take or refuse the proposals that are ticked, each for itself, and say what became of it."""
    do = _DO.get(request.POST.get("do", ""))
    numbers = [number_in(text) for text in request.POST.getlist("action")[:USUAL]]
    wanted = [number for number in numbers if number is not None]
    reason = request.POST.get("reason", "").replace("\0", "").replace("\r\n", "\n")
    if do is None or not wanted:
        messages.error(request, _("Tick a proposal, then take or refuse it."))
        return redirect("console:proposals")
    done = 0
    for number in wanted:
        try:
            do(number, principal_of(request.user), reason)
            done += 1
        except InvalidInputError as error:
            messages.error(request, str(error))
    if done:
        taken = ngettext("%(n)s proposal taken.", "%(n)s proposals taken.", done)
        refused = ngettext("%(n)s proposal refused.", "%(n)s proposals refused.", done)
        messages.success(request, (taken if do is take else refused) % {"n": done})
    return redirect("console:proposals")
