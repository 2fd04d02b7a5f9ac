"""The console's pages; docs/console.md says what each template is given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from mimawari.errors import InvalidInputError
from mimawari.service.accounts.guard import authority_in, needs
from mimawari.service.accounts.log_in import log_in_of
from mimawari.service.accounts.permissions import Permission
from mimawari.service.admission.models import Alert, AlertState
from mimawari.service.console.edge_case_page import edge_case_form
from mimawari.service.console.item import build_item
from mimawari.service.console.painted import only_its_log_in, proof, stranger
from mimawari.service.console.refusals import Kind, Refusal, why_refused
from mimawari.service.console.review_queue import count_decided, decided_today, waiting
from mimawari.service.console.seller_page import standings_of
from mimawari.service.console.shown_listings import name
from mimawari.service.console.timeline import MOST_VERSIONS, events
from mimawari.service.console.timeline_actions import actions, receipts
from mimawari.service.console.topic_titles import titles_in_force
from mimawari.service.review import queue
from mimawari.service.review.models import Passing
from mimawari.service.review.passing import already_passed_on, pass_on

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.http import HttpRequest as AnyRequest

    class HttpRequest(AnyRequest):
        """A request behind `needs`."""

        user: User


MOST_SKIPPED = 200
MOST_UNDONE = 50
MOST_SECONDS = 3_600.0


def buttons() -> list[dict[str, str]]:
    """Give the actions with their keys and labels."""
    return [
        {"action": "violates", "key": "v", "label": _("Violates")},
        {"action": "does_not_violate", "key": "n", "label": _("Does not violate")},
        {"action": "cannot_tell", "key": "c", "label": _("Cannot tell")},
        {"action": "skip", "key": "s", "label": _("Skip")},
        {"action": "escalate", "key": "e", "label": _("Escalate")},
        {"action": "note", "key": "m", "label": _("Note")},
        {"action": "undo", "key": "u", "label": _("Undo")},
        {"action": "help", "key": "?", "label": _("Help")},
    ]


def more_keys() -> list[tuple[str, str]]:
    """Give the keys that have no button in the row, with what they do."""
    return [
        ("1–9", _("after V: the clause that is violated")),
        ("P", _("the whole policy")),
        ("Z", _("enlarge the pictures")),
        ("I", _("Show or hide the images")),
        ("L", _("the seller's other listings")),
        ("D", _("earlier decisions about the seller")),
        ("K", _("strikes against the seller")),
        ("A", _("near-duplicates of this seller, decided together")),
        ("T", _("another topic")),
    ]


def seller_parts() -> list[tuple[str, str, str]]:
    """Give what is known of a seller, each part with its key and label."""
    return [
        ("listings", "l", _("Listings")),
        ("decisions", "d", _("Past decisions")),
        ("strikes", "k", _("Strikes")),
        ("near-duplicates", "a", _("Near-duplicates")),
    ]


def item_context(request: HttpRequest, alert: Alert | None, topic: str) -> dict[str, object]:
    """Give what ``_item.html`` shows: the item, or that none is left but those skipped."""
    skipped = Alert.objects.filter(pk__in=request.session.get("skipped", []), state=AlertState.OPEN)
    if topic:
        skipped = skipped.filter(topic=topic)
    return {
        "item": build_item(alert) if alert else None,
        "proof": proof(request, alert) if alert else "",
        "skipped": 0 if alert else skipped.count(),
        "topic": topic,
        "seller_parts": seller_parts(),
    }


def lease(request: HttpRequest, besides: list[int]) -> dict[str, object]:
    """Lease the next alert of the request's topic, and gather what is shown of it."""
    topic = request.GET.get("topic", "").replace("\0", "")
    escalated = bool(request.GET.get("escalated"))
    alert = queue.next_alert(
        request.user,
        topics=[topic] if topic else None,
        besides=besides,
        without=request.session.get("skipped", []),
        authority=authority_in(request),
        escalated=escalated,
    )
    return {**item_context(request, alert, topic), "escalated": escalated}


def number_in(text: str) -> int | None:
    """Read an alert's number; None for what can be none (the database holds 64 bits)."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


@needs(Permission.REVIEW)
@require_GET
def review(request: HttpRequest) -> HttpResponse:
    """Show the alert that the moderator decides now."""
    leased = lease(request, [])
    topic, escalated = str(leased["topic"]), bool(leased["escalated"])
    context = {
        **leased,
        "buttons": buttons(),
        "more_keys": more_keys(),
        "queue_name": titles_in_force().get(topic, topic),
        "left": waiting(authority_in(request), topic, escalated).count(),
        "decided": decided_today(request),
        "pause_after": settings.CONFIG.pause_after,
        "lease_seconds": settings.CONFIG.lease_seconds,
        "log_in": log_in_of(request),
    }
    return render(request, "console/review.html", context)


@needs(Permission.REVIEW)
@only_its_log_in
@require_GET
def next_item(request: HttpRequest) -> HttpResponse:
    """Show the alert after the one on the screen, leased ahead."""
    numbers = [number_in(text) for text in request.GET.getlist("besides")[:MOST_SKIPPED]]
    besides = [number for number in numbers if number is not None]
    return render(request, "console/_item.html", lease(request, besides))


@needs(Permission.REVIEW)
@require_POST
def again(request: HttpRequest) -> HttpResponse:
    """Offer the moderator what they skipped once more."""
    request.session.pop("skipped", None)
    topic = request.POST.get("topic", "")
    asked = f"?{urlencode({'topic': topic})}" if topic else ""
    return redirect(f"{reverse('console:review')}{asked}")


@needs(Permission.REVIEW)
@only_its_log_in
@require_POST
def decide(request: HttpRequest) -> HttpResponse:
    """Save a verdict of who was shown the item; saying the same twice is harmless."""
    number, verdict = number_in(request.POST.get("alert", "")), request.POST.get("verdict", "")
    alert = None if number is None else Alert.objects.filter(pk=number).first()
    if alert is None:
        return Refusal(Kind.GONE, _("There is no such alert.")).response(410)
    if (refusal := stranger(request, alert)) is not None:
        return refusal.response()
    words = request.POST.get("reason", "")
    if verdict == "escalate" or (verdict == "skip" and words.strip()):
        passing = Passing.SKIPPED if verdict == "skip" else Passing.ESCALATED
        try:
            pass_on(passing, alert, request.user, words, authority_in(request))
        except InvalidInputError as error:
            if not already_passed_on(passing, alert, request.user, words):
                return Refusal(Kind.GONE, why_refused(error)).response()
    if verdict == "escalate":
        return HttpResponse(status=204)
    if verdict == "skip":
        skipped = [*request.session.get("skipped", []), alert.pk]
        request.session["skipped"] = skipped[-MOST_SKIPPED:]
        queue.release(alert, request.user)
        return HttpResponse(status=204)
    judgement = queue.Judgement(
        verdict, request.POST.get("clause", ""), request.POST.get("note", "")
    )
    try:
        queue.decide(alert, request.user, judgement, seconds_of(request), authority_in(request))
    except InvalidInputError as error:
        if queue.already_said(alert, request.user, verdict, judgement.clause):
            return HttpResponse(status=204)
        return Refusal(Kind.GONE, why_refused(error)).response()
    count_decided(request, +1)
    return HttpResponse(status=204)


def seconds_of(request: HttpRequest) -> float:
    """Read how long the moderator looked; 0 where it is no sensible number."""
    try:
        seconds = float(request.POST.get("seconds", "0"))
    except ValueError:
        return 0.0
    return seconds if 0 <= seconds <= MOST_SECONDS else 0.0


@needs(Permission.REVIEW)
@only_its_log_in
@require_POST
def undo(request: HttpRequest) -> HttpResponse:
    """Take back what the page says it decided last, and show the first of these items again."""
    numbers = [number_in(text) for text in request.POST.getlist("alert")[:MOST_UNDONE]]
    taken_back = [queue.undo(request.user, number) for number in numbers if number is not None]
    alerts = [alert for alert in taken_back if alert is not None]
    if not alerts:
        return HttpResponse(_("There is nothing to undo."), status=404)
    count_decided(request, -len(alerts))
    answer = render(request, "console/_item.html", item_context(request, alerts[0], ""))
    answer.headers["X-Undone"] = str(len(alerts))
    return answer


@needs(Permission.LISTINGS)
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """Show everything that happened to a listing."""
    listing_id = request.GET.get("id", "").replace("\0", "").strip()
    before = number_in(request.GET.get("before", ""))
    authority = authority_in(request)
    versions = events(listing_id, authority, before) if listing_id else []
    older = versions[-1].number if len(versions) == MOST_VERSIONS else None
    context = {
        "listing_id": listing_id,
        "versions": versions,
        "older": older,
        "decidable": name(listing_id, versions[0].number)
        if before is None
        and versions
        and not versions[0].moved
        and authority.may(Permission.REVIEW)
        else "",
        **(edge_case_form(authority) if before is None and versions else {}),
        "actions": actions(listing_id, authority) if versions else [],
        "receipts": receipts(listing_id, authority) if versions else [],
        "seller": versions[0].seller if versions else "",
        "standings": standings_of(versions[0].seller, authority, titles_in_force())
        if versions and versions[0].seller
        else [],
    }
    return render(request, "console/listing.html", context)
