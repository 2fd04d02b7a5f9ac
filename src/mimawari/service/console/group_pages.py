"""Decide on what was found: what will be decided, the press, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.contrib import messages
from django.http import Http404, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from mimawari.errors import ForbiddenError, InvalidInputError
from mimawari.service.accounts.guard import account_in, authority_in, needs
from mimawari.service.accounts.log_in import log_in_of
from mimawari.service.accounts.permissions import Permission
from mimawari.service.catalogue.topic_files import topic_file
from mimawari.service.console.action_words import following
from mimawari.service.console.group_words import decided_text, press_text, why_text
from mimawari.service.console.item import clauses
from mimawari.service.console.painted import name_of
from mimawari.service.console.presentation import heading_of
from mimawari.service.console.refusals import why_refused
from mimawari.service.console.review_queue import count_decided
from mimawari.service.console.shown_listings import (
    ShownListings,
    keep,
    kept,
    name,
    named,
    shown_in,
)
from mimawari.service.console.texts import in_language, verdict_text
from mimawari.service.console.topic_titles import titles_in_force
from mimawari.service.intake.models import ListingVersion
from mimawari.service.review import group_undo, groups
from mimawari.service.review.decidable import Moderator, SortedOut, sort_out
from mimawari.service.review.group_reading import group_state
from mimawari.service.review.group_request import MOST_LISTINGS, GroupRequest, Shown
from mimawari.service.review.models import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpRequest, HttpResponse

    from mimawari.service.review.group_reading import GroupState
    from mimawari.service.review.refused import Refused


class Left(msgspec.Struct, frozen=True):
    """A listing that is not decided, and why."""

    listing_id: str
    version: int
    why: str


class Given(msgspec.Struct, frozen=True):
    """What stands in the form."""

    verdict: str = ""
    clause: str = ""
    note: str = ""

    @classmethod
    def of(cls, request: HttpRequest) -> Given:
        """Read it; a clause is of use with a violation only."""
        values = request.POST if request.method == "POST" else request.GET
        verdict, clause = values.get("verdict", ""), values.get("clause", "")
        return cls(verdict, clause if verdict == Verdict.VIOLATES else "", values.get("note", ""))


@needs(Permission.REVIEW)
@require_http_methods(["GET", "POST"])
def choose(request: HttpRequest) -> HttpResponse:
    """Say exactly what a press will decide: nothing is decided here."""
    values = request.POST if request.method == "POST" else request.GET
    names = kept(request) or values.getlist("listing")
    listings = list(dict.fromkeys(named(names)))
    if not 1 <= len(listings) <= MOST_LISTINGS:
        text = _("Tick 1 to %(most)s listings first.") % {"most": MOST_LISTINGS}
        messages.error(request, text)
        return HttpResponseRedirect(_search(request))
    if request.method == "POST":
        asked = {field: values.get(field, "") for field in ("topic", "verdict")}
        asked |= {"chosen": keep(request, names), "back": _back(request)}
        return HttpResponseRedirect(f"{reverse('console:decide_found')}?{urlencode(asked)}")
    return _summary(request, listings, values.get("topic", ""), Given.of(request))


def _summary(
    request: HttpRequest,
    listings: Sequence[Shown],
    topic: str,
    given: Given,
    problem: str = "",
    key: str = "",
) -> HttpResponse:
    """Show the page that says what will be decided, with the proof that it was shown."""
    authority = authority_in(request)
    topics = {t: n for t, n in titles_in_force().items() if authority.may(Permission.REVIEW, t)}
    context: dict[str, object] = {
        "names": [name(*shown) for shown in listings],
        "count": len(listings),
        "topics": sorted(topics.items(), key=lambda item: item[1]),
        "topic": topic,
        "given": given,
        "problem": problem,
        "back": _back(request),
        "search": _search(request),
    }
    if topic in topics:
        policy = groups.in_force(topic, authority)
        choice = sort_out(listings, policy.file, Moderator(account_in(request).pk, authority))
        shown = [Shown(row.version.listing_id, row.version.version) for row in choice.decidable]
        proof = ShownListings.to(request, topic, policy.version, shown, key)
        context |= {
            "topic_name": topics[topic],
            "policy_version": policy.version,
            "policy": in_language(policy.file.policy),
            "clauses": clauses(policy.file),
            "usual": " · ".join(following(policy.file, policy.file.severity)),
            "decidable": choice.decidable,
            "left": _left(choice),
            "proof": proof.sealed(),
            "press": press_text(len(choice.decidable)),
        }
    return render(request, "console/decide.html", context, status=400 if problem else 200)


def _left(choice: SortedOut) -> list[Left]:
    return [_not_decided(row) for row in choice.refused]


def _not_decided(row: Refused) -> Left:
    return Left(row.listing_id, row.version, why_text(row.why))


@needs(Permission.REVIEW)
@require_POST
def press(request: HttpRequest) -> HttpResponse:
    """Decide what the page said, for who was shown it; the same press twice decides once."""
    shown, given = shown_in(request), Given.of(request)
    if shown is None:
        text = _("Nothing shows that you saw these listings. Search for them again.")
        return _refused(request, text)
    if shown.account != account_in(request).pk:
        text = _("Nothing was decided: the page was shown to %(name)s. Log in as %(name)s.")
        return _refused(request, text % {"name": name_of(shown.account)})
    if shown.log_in != log_in_of(request):
        text = _("You logged in again since you saw this. Nothing was decided; look, and press.")
        return _summary(request, shown.shown, shown.topic, given, text, shown.key)
    wanted = GroupRequest(
        key=shown.key,
        topic=shown.topic,
        verdict=given.verdict,
        clause=given.clause,
        note=given.note,
        listings=shown.shown,
        policy_version=shown.policy_version,
    )
    try:
        outcome = groups.decide(wanted, account_in(request), authority_in(request))
    except ForbiddenError:
        return _refused(request, _("Your account does not review this topic any more."))
    except groups.KeyTakenError as error:
        messages.error(request, _("You had pressed on that page before; this is what it decided."))
        return HttpResponseRedirect(_page_of(request, error.group))
    except InvalidInputError as error:
        return _summary(request, shown.shown, shown.topic, given, _problem(error), shown.key)
    if outcome.group is None:
        text = _("None of them could be decided; below is why.")
        return _summary(request, shown.shown, shown.topic, given, text, shown.key)
    count_decided(request, outcome.group.decisions.count())
    return HttpResponseRedirect(_page_of(request, outcome.group.pk))


def _problem(error: InvalidInputError) -> str:
    """Say in the user's language what is missing or wrong."""
    texts = {
        "verdict": _("Say whether they violate the policy."),
        "clause": _("Choose what is violated."),
        "note": _("The note is too long, or holds what cannot be kept."),
        "policy_version": _("Another version of the policy is in force by now: read it again."),
        "listings": _("There is none left to decide."),
        "topic": _("The topic is not in force any more."),
    }
    lines = [texts.get(problem.field, str(problem)) for problem in error.problems]
    return " ".join(dict.fromkeys(lines))


def _refused(request: HttpRequest, text: str) -> HttpResponse:
    context = {"problem": text, "search": _search(request)}
    return render(request, "console/decide.html", context, status=409)


@needs(Permission.REVIEW)
@require_GET
def group(request: HttpRequest, number: int) -> HttpResponse:
    """Show what became of a press, to who made it, and to those who see what others said."""
    state = _state(request, number)
    file = topic_file(state.topic, state.policy_version)
    texts = {clause.key: in_language(clause.text) for clause in file.clauses}
    asked = len(state.decided) + len(state.refused)
    mine = state.moderator == account_in(request).pk
    context = {
        "state": state,
        "title": decided_text(len(state.decided), asked),
        "topic_name": in_language(file.title),
        "verdict": verdict_text(state.verdict),
        "clause": texts.get(state.clause or "", ""),
        "who": "" if mine else name_of(state.moderator),
        "mine": mine,
        "titles": _titles(state),
        "left": [_not_decided(row) for row in state.refused],
        "back": _back(request),
        "search": _search(request),
    }
    return render(request, "console/group.html", context)


def _state(request: HttpRequest, number: int) -> GroupState:
    authority = authority_in(request)
    sees_all = Permission.SCORES in authority.permissions
    state = group_state(number, authority, None if sees_all else account_in(request).pk)
    if state is None:
        raise Http404
    return state


def _titles(state: GroupState) -> list[tuple[object, str]]:
    """Give the decisions of a group with what their listings are called."""
    ids = [member.listing_id for member in state.decided]
    rows = ListingVersion.objects.filter(
        listing_id__in=ids, version__in={member.version for member in state.decided}
    )
    titles = {(row.listing_id, row.version): heading_of(row.payload) for row in rows}
    return [(m, titles.get((m.listing_id, m.version), "")) for m in state.decided]


@needs(Permission.REVIEW)
@require_POST
def undo(request: HttpRequest, number: int) -> HttpResponse:
    """Take the decisions of a group back, or one of them."""
    text = request.POST.get("decision", "")
    only = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
    if text and only is None:
        raise Http404
    try:
        undone = group_undo.take_back(number, account_in(request), authority_in(request), only)
    except ForbiddenError as error:
        messages.error(request, why_refused(error))
    except InvalidInputError:
        messages.error(request, _("This decision is not yours, or was taken back already."))
        return HttpResponseRedirect(reverse("console:history"))
    else:
        count_decided(request, -len(undone))
        taken = _("Taken back, with what was done because of it.")
        messages.info(request, taken if undone else _("There is nothing to undo."))
    return HttpResponseRedirect(_page_of(request, number))


def _back(request: HttpRequest) -> str:
    """Read the search that the listings were found by, as an address's end."""
    values = request.POST if request.method == "POST" else request.GET
    return QueryDict(values.get("back", "")[:2_000]).urlencode()


def _search(request: HttpRequest) -> str:
    back = _back(request)
    return f"{reverse('console:search')}?{back}" if back else reverse("console:search")


def _page_of(request: HttpRequest, number: int) -> str:
    address, back = reverse("console:group", args=[number]), _back(request)
    return f"{address}?{urlencode({'back': back})}" if back else address
