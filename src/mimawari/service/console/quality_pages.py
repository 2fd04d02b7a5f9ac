"""Pages on the quality of labels and the worth of models: not for those who judge alone.

A moderator who knew their own figures, or what is explored, would judge otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from mimawari.evaluation.trust import Trust
from mimawari.evaluation.worth import Advice
from mimawari.service.accounts.guard import authority_in, needs
from mimawari.service.accounts.permissions import Permission
from mimawari.service.console.quality_rows import BinRow, ModeratorRow, SliceRow
from mimawari.service.console.quality_texts import amount, facts, missed_text, trust_text
from mimawari.service.console.topic_titles import titles_in_force
from mimawari.service.monitoring.figures import DAYS, all_worths, topic_quality

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@needs(Permission.QUALITY)
@require_GET
def topics(request: HttpRequest) -> HttpResponse:
    """List the topics, each with its page."""
    authority = authority_in(request)
    rows = [row for row in titles_in_force().items() if authority.concerns(row[0])]
    rows.sort(key=lambda row: row[1])
    return render(request, "console/qualities.html", {"topics": rows})


@needs(Permission.QUALITY)
@require_GET
def topic(request: HttpRequest, topic: str) -> HttpResponse:
    """Show the quality of one topic's labels and list."""
    names = titles_in_force()
    if topic not in names:
        raise Http404
    if not authority_in(request).concerns(topic):
        raise PermissionDenied
    kept = topic_quality(topic).latest()
    quality = kept.value
    not_trusted = quality.probabilities.trust == Trust.NOT_TRUSTED
    context = {
        "at": kept.at,
        "name": names[topic],
        "days": DAYS,
        "missed": missed_text(quality),
        "facts": facts(quality),
        "flag": trust_text(Trust.NOT_TRUSTED) if not_trusted else "",
        "moderators": [ModeratorRow.of(moderator) for moderator in quality.moderators],
        "bins": [BinRow.of(part) for part in quality.calibration.bins],
        "slices": [SliceRow.of(part) for part in quality.slices],
        "disagreements": quality.disagreements,
    }
    return render(request, "console/quality.html", context)


class WorthRow(msgspec.Struct, frozen=True):
    """What the model of one topic is worth, written."""

    topic: str
    name: str
    reviews: int
    caught: int
    by_rules: str
    gain: str
    moderator: str
    compute: str
    upkeep: str
    advice: str


@needs(Permission.QUALITY)
@require_GET
def worth(request: HttpRequest) -> HttpResponse:
    """Show what each model is worth."""
    kept = all_worths().latest()
    names = titles_in_force()
    rows = [
        WorthRow(
            topic=model.topic,
            name=names[model.topic],
            reviews=model.worth.reviews,
            caught=model.worth.caught,
            by_rules=amount(model.worth.by_rules),
            gain=amount(model.worth.gain),
            moderator=amount(model.worth.per_moderator_hour),
            compute=amount(model.worth.per_compute_hour),
            upkeep=f"{model.costs.upkeep_hours:.1f}",
            advice=advice_text(model.worth.advice),
        )
        for model in kept.value
        if authority_in(request).concerns(model.topic)
    ]
    context = {"rows": rows, "days": DAYS, "at": kept.at}
    return render(request, "console/worth.html", context)


def advice_text(advice: Advice) -> str:
    """Say in the user's language what to do with a model."""
    return {
        Advice.KEEP: _("keep"),
        Advice.RETIRE: _("retire"),
        Advice.NOT_ENOUGH: _("not enough labels yet"),
    }[advice]
