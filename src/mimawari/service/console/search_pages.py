"""The search page, and the views that people save of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.contrib import messages
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from mimawari.errors import InvalidInputError
from mimawari.records.action import ActionKind
from mimawari.service.accounts.guard import authority_in, needs
from mimawari.service.accounts.permissions import Permission
from mimawari.service.console.action_words import kind_text
from mimawari.service.console.search_form import Choices, address, chips, plain, read
from mimawari.service.console.shown_listings import name
from mimawari.service.console.texts import verdict_text
from mimawari.service.search import views
from mimawari.service.search.query import Query
from mimawari.service.search.results import MOST, USUAL, search

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest, HttpResponse

    from mimawari.service.search.results import Count, FoundListing, FoundPage
    from mimawari.service.search.state import Freshness


class Row(msgspec.Struct, frozen=True):
    """A result in the words of the page; ``name`` is there where it may be decided on."""

    listing: FoundListing
    topics: list[str]
    state: str
    name: str = ""


class Results(msgspec.Struct, frozen=True):
    """A page of results.

    Parameters
    ----------
    decidable
        How many of the rows may be decided on.
    late
        What the index lacks, in words.
    next, longer
        Addresses of the page that follows and of a longer one; empty where there is none.
    back
        The query of this page's address.
    """

    rows: list[Row]
    decidable: int
    count: str
    late: str
    next: str
    longer: str
    back: str


@needs(Permission.LISTINGS)
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """Show what matches the address's filters, newest first."""
    authority = authority_in(request)
    query, listings, problem = Query(), None, ""
    try:
        query = read(request.GET)
        most = MOST if request.GET.get("rows") == str(MOST) else USUAL
        listings = search(query, authority, request.GET.get("after", ""), most)
    except InvalidInputError as error:
        problem = problem_text(error)
    choices = Choices.of(authority)
    context = {
        "given": request.GET,
        "choices": choices,
        "chips": chips(query, choices),
        "hidden": list(plain(query).items()),
        "views": [(view, address(view.query)) for view in views.views_for(request.user, authority)],  # type: ignore[arg-type]  # `needs` lets nobody else in
        "may_share": authority.may(Permission.SHARE_VIEWS),
        "problem": problem,
        "results": None if listings is None else _results(request, query, listings, choices),
        "may_decide": authority.may(Permission.REVIEW),
        "most": MOST,
    }
    return render(request, "console/search.html", context, status=400 if problem else 200)


def _results(request: HttpRequest, query: Query, page: FoundPage, choices: Choices) -> Results:
    names = {choice.value: choice.name for choice in choices.topics}
    may_decide = authority_in(request).may(Permission.REVIEW)
    rows = [_row(listing, names, may_decide) for listing in page.listings]
    more = {"rows": str(MOST)} if request.GET.get("rows") == str(MOST) else {}
    return Results(
        rows=rows,
        decidable=sum(bool(row.name) for row in rows),
        longer="" if more or not page.next else address(query, rows=str(MOST)),
        back=address(query, **more).removeprefix("?"),
        count=count_text(page.count),
        late=late_text(page.index),
        next=address(query, after=page.next, **more) if page.next else "",
    )


def _row(listing: FoundListing, names: Mapping[str, str], may_decide: bool) -> Row:
    topics = []
    for topic in listing.topics:
        decided = [f"{verdict_text(d.verdict)} ({d.moderator})" for d in topic.decisions]
        done = [kind_text(ActionKind(action)) for action in topic.actions]
        waits = [_("waits for a moderator")] if topic.waits else []
        parts = " · ".join([*decided, *waits, *done])
        topics.append(": ".join(filter(None, (names.get(topic.topic, topic.topic), parts))))
    return Row(
        listing,
        topics,
        _("replaced by a newer version") if listing.state == "superseded" else "",
        name(listing.listing_id, listing.version)
        if may_decide and listing.state == "scored"
        else "",
    )


def count_text(count: Count) -> str:
    """Say how many match, or more than how many."""
    if count.relation == "more_than":
        return _("More than %(number)s listing versions") % {"number": f"{count.value:,}"}
    text = ngettext("%(number)s listing version", "%(number)s listing versions", count.value)
    return text % {"number": f"{count.value:,}"}


def late_text(index: Freshness) -> str:
    """Say what the index lacks; nothing where it is whole."""
    if index.share < 1:
        text = _("The index is being made: %(percent)s %% is in it, the newest first.")
        return text % {"percent": int(100 * index.share)}
    if not index.whole:
        text = _("The index is %(seconds)s seconds behind: what came since is not found yet.")
        return text % {"seconds": round(index.behind_seconds)}
    return ""


def problem_text(error: InvalidInputError) -> str:
    """Say in the user's language which field of the form is wrong."""
    texts = {
        "text": _("Write a word with a letter or a digit, 200 characters at most."),
        "last_day": _("The first day must not be after the last one."),
        "after": _("This page of results is no longer valid. Search again."),
        "name": _("Give the view a name of 1 to 80 characters; you may keep 50 views."),
        "view": _("Set a filter first."),
    }
    other = _("One of the filters has a value that cannot be chosen.")
    return " ".join(dict.fromkeys(texts.get(problem.field, other) for problem in error.problems))


@needs(Permission.LISTINGS)
@require_POST
def save_view(request: HttpRequest) -> HttpResponse:
    """Keep the filters that are set under a name."""
    query = Query()
    try:
        query = read(request.POST)
        shared = request.POST.get("shared") == "1"
        views.save(request.user, request.POST.get("name", ""), query, shared=shared)  # type: ignore[arg-type]  # `needs` lets nobody else in
        messages.info(request, _("The view is saved."))
    except InvalidInputError as error:
        messages.error(request, problem_text(error))
    return HttpResponseRedirect(f"{reverse('console:search')}{address(query)}")


@needs(Permission.LISTINGS)
@require_POST
def remove_view(request: HttpRequest, number: int) -> HttpResponse:
    """Remove a view of one's own."""
    try:
        views.remove(request.user, number)  # type: ignore[arg-type]  # `needs` lets nobody else in
        messages.info(request, _("The view is removed."))
    except InvalidInputError:
        messages.error(request, _("Only the account that saved a view may remove it."))
    return HttpResponseRedirect(reverse("console:search"))
