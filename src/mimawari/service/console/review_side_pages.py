"""What the review page fetches beside the item: queue, topics, seller, near-duplicates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from mimawari.service.accounts.guard import authority_in, needs
from mimawari.service.accounts.permissions import Permission
from mimawari.service.admission.models import WAITING, Alert
from mimawari.service.console.painted import only_its_log_in, proof
from mimawari.service.console.review_pages import MOST_SKIPPED, number_in
from mimawari.service.console.review_queue import topic_choices, upcoming, waiting
from mimawari.service.console.seller_panel import near_duplicate_rows, seller_panel
from mimawari.service.review.together import MOST, hold

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django.http.request import QueryDict


@needs(Permission.REVIEW)
@only_its_log_in
@require_GET
def rail(request: HttpRequest) -> HttpResponse:
    """Show what comes next, and how much is left."""
    topic = request.GET.get("topic", "").replace("\0", "")
    escalated, authority = bool(request.GET.get("escalated")), authority_in(request)
    passed_over = [*_numbers(request.GET), *request.session.get("skipped", [])]
    context = {
        "rows": upcoming(authority, topic, escalated, passed_over),
        "left": waiting(authority, topic, escalated).count(),
        "all_topics": not topic,
    }
    return render(request, "console/_rail.html", context)


@needs(Permission.REVIEW)
@require_GET
def switcher(request: HttpRequest) -> HttpResponse:
    """Show the topics that may be switched to."""
    return render(
        request, "console/_switcher.html", {"topics": topic_choices(authority_in(request))}
    )


@needs(Permission.REVIEW)
@only_its_log_in
@require_GET
def seller(request: HttpRequest) -> HttpResponse:
    """Show the seller of an item that the moderator holds."""
    alert, authority = _held(request, request.GET), authority_in(request)
    return render(request, "console/_seller.html", {"panel": seller_panel(alert, authority)})


@needs(Permission.REVIEW)
@only_its_log_in
@require_POST
def together(request: HttpRequest) -> HttpResponse:
    """Lease near-duplicates of the item on the screen, and show them to be decided with it."""
    alert, authority = _held(request, request.POST), authority_in(request)
    wanted = [number_in(text) for text in request.POST.getlist("with")[:MOST]]
    held = hold(alert, [number for number in wanted if number is not None], authority)
    proofs = {row.pk: proof(request, row) for row in held}
    return render(
        request,
        "console/_near_duplicates.html",
        {"near_duplicates": near_duplicate_rows(held, proofs)},
    )


def _held(request: HttpRequest, given: QueryDict) -> Alert:
    """Give the alert that is asked about, where it is the moderator's now."""
    number = number_in(given.get("alert", "")) or 0  # no alert has it
    rows = Alert.objects.select_related("listing_version__score__generation")
    alert = rows.filter(pk=number, leased_by_id=request.user.pk, state__in=WAITING).first()
    if alert is None or not authority_in(request).may(Permission.REVIEW, alert.topic):
        raise Http404
    return alert


def _numbers(given: QueryDict) -> list[int]:
    numbers = (number_in(text) for text in given.getlist("besides")[:MOST_SKIPPED])
    return [number for number in numbers if number is not None]
