"""One's own decisions: filtered, and reopened where one thinks otherwise by now."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, TypedDict

import msgspec
from django.contrib import messages
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from mimawari.errors import InvalidInputError
from mimawari.listings.listing import Listing
from mimawari.service.accounts.guard import authority_in, needs
from mimawari.service.accounts.permissions import Permission
from mimawari.service.admission.models import AlertState, Purpose
from mimawari.service.console.refusals import why_refused
from mimawari.service.console.search_form import Choices, read
from mimawari.service.console.search_pages import problem_text
from mimawari.service.console.texts import topic_names, verdict_text
from mimawari.service.intake.models import State
from mimawari.service.review import queue
from mimawari.service.review.models import Decision, Verdict
from mimawari.service.search.query import Query, check

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.db.models import QuerySet
    from django.http import HttpRequest as AnyRequest
    from django.http import HttpResponse

    class HttpRequest(AnyRequest):
        """A request behind `needs`."""

        user: User


MOST_HISTORY = 100


class Row(TypedDict):
    """A decision as the page shows it."""

    number: int
    at: dt.datetime
    listing_id: str
    title: str
    topic_name: str
    verdict: str
    undone: bool
    may_reopen: bool
    group: int | None


@needs(Permission.REVIEW)
@require_GET
def history(request: HttpRequest) -> HttpResponse:
    """Show the moderator's own decisions, those that the address's filters leave."""
    query, problem = Query(), ""
    try:
        query = check(read(request.GET))
    except InvalidInputError as error:
        problem = problem_text(error)
    before = request.GET.get("before", "")
    rows = _decisions(request.user, query)
    if before.isascii() and before.isdigit() and len(before) < 19:
        rows = rows.filter(pk__lt=int(before))
    decisions = list(rows.order_by("-id")[: MOST_HISTORY + 1])
    shown = _rows(decisions[:MOST_HISTORY])
    older = ""
    if len(decisions) > MOST_HISTORY:
        asked = {name: request.GET.get(name, "") for name in ("topic", "verdict")}
        days = {name: request.GET.get(name, "") for name in ("first_day", "last_day")}
        older = f"?{urlencode({**asked, **days, 'before': str(shown[-1]['number'])})}"
    context = {
        "decisions": shown,
        "given": request.GET,
        "choices": Choices.of(authority_in(request)),
        "filtered": not query.is_empty or before,
        "problem": problem,
        "older": older,
    }
    return render(request, "console/history.html", context, status=400 if problem else 200)


def _decisions(moderator: User, query: Query) -> QuerySet[Decision]:
    """Give an account's decisions; of the filters those count that a decision has."""
    rows = Decision.objects.filter(moderator=moderator).exclude(verdict=Verdict.UNDONE)
    if query.topic:
        rows = rows.filter(alert__topic=query.topic)
    if query.verdict:
        rows = rows.filter(verdict=query.verdict)
    midnight = dt.time(tzinfo=dt.UTC)
    if query.first_day:
        rows = rows.filter(decided_at__gte=dt.datetime.combine(query.first_day, midnight))
    if query.last_day and query.last_day < dt.date.max:
        end = dt.datetime.combine(query.last_day + dt.timedelta(days=1), midnight)
        rows = rows.filter(decided_at__lt=end)
    return rows.select_related("alert__listing_version", "replaced_by")


def _rows(decisions: list[Decision]) -> list[Row]:
    names = topic_names((d.alert.topic, d.policy_version) for d in decisions)
    return [
        {
            "number": d.pk,
            "at": d.decided_at,
            "listing_id": d.alert.listing_version.listing_id,
            "title": msgspec.json.decode(d.alert.listing_version.payload, type=Listing).heading,
            "topic_name": names[d.alert.topic, d.policy_version],
            "verdict": verdict_text(d.verdict),
            "undone": hasattr(d, "replaced_by"),
            "may_reopen": d.alert.purpose != Purpose.SEARCH and _may_reopen(d),
            "group": d.group_id,
        }
        for d in decisions
    ]


def _may_reopen(decision: Decision) -> bool:
    alert = decision.alert
    gone = alert.listing_version.state in (State.SUPERSEDED, State.ERASED)
    return not (hasattr(decision, "replaced_by") or gone) and alert.state == AlertState.DECIDED


@needs(Permission.REVIEW)
@require_POST
def reopen(request: HttpRequest) -> HttpResponse:
    """Take a decision of one's own back, and show its item again."""
    text = request.POST.get("decision", "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
    try:
        alert = queue.reopen(request.user, number)
    except InvalidInputError as error:
        own = any(problem.field == "decision" for problem in error.problems)
        taken_back = _("This decision is not yours, or was taken back already.")
        messages.error(request, taken_back if own else why_refused(error))
        return HttpResponseRedirect(reverse("console:history"))
    request.session["skipped"] = [
        other for other in request.session.get("skipped", []) if other != alert.pk
    ]
    asked = {"topic": alert.topic}
    if alert.state == AlertState.ESCALATED:
        asked["escalated"] = "1"
    return HttpResponseRedirect(f"{reverse('console:review')}?{urlencode(asked)}")
