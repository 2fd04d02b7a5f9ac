"""Pages on the quality of labels and the worth of models: not for those who judge alone.

A moderator who knew their own figures, or what is explored, would judge otherwise.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import msgspec
import numpy as np
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from mimawari.evaluation.trust import Trust
from mimawari.evaluation.worth import Advice
from mimawari.figures import WIDE, percent, three_figures
from mimawari.service.accounts.guard import authority_in, needs
from mimawari.service.accounts.permissions import Permission
from mimawari.service.console.topic_titles import titles_in_force
from mimawari.service.monitoring.figures import DAYS, all_worths, topic_quality

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from mimawari.evaluation.bootstrap import Interval
    from mimawari.evaluation.trust import Trusted
    from mimawari.service.monitoring.quality import Quality


def share(interval: Interval) -> str:
    """Write a share with its interval, or only that where it is too wide to say more.

    Examples
    --------
    >>> from mimawari.evaluation.bootstrap import Interval
    >>> share(Interval(0.5, 0.4, 0.63)), share(Interval(math.nan, 0.0, 1.0))
    ('50 % (40 … 63)', '–')
    >>> share(Interval(1.0, 0.0321, 1.0))
    'too few to say (3 … 100 %)'
    """
    if math.isnan(interval.value):
        return "–"
    width = interval.high - interval.low
    value, low, high = (percent(v, width) for v in (interval.value, interval.low, interval.high))
    if width > WIDE:
        return _("too few to say (%(low)s … %(high)s %%)") % {"low": low, "high": high}
    return f"{value} % ({low} … {high})"


def amount(interval: Interval) -> str:
    """Write a number with its interval.

    Examples
    --------
    >>> from mimawari.evaluation.bootstrap import Interval
    >>> amount(Interval(12.0, -8.0, 20.25)), amount(Interval(math.nan, 0.0, 1.0))
    ('12 (−8 … 20.2)', '–')
    """
    if math.isnan(interval.value):
        return "–"
    value, low, high = map(three_figures, (interval.value, interval.low, interval.high))
    return f"{value} ({low} … {high})".replace("-", "−")


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
    context = {
        "at": kept.at,
        "name": names[topic],
        "days": DAYS,
        "missed": _missed(quality),
        "facts": _facts(quality),
        "flag": trust_text(Trust.NOT_TRUSTED)
        if quality.probabilities.trust == Trust.NOT_TRUSTED
        else "",
        "moderators": [
            {
                "row": moderator,
                "golden": f"{share(moderator.golden)} / {moderator.golden_items}"
                if moderator.golden_items
                else "–",
                "rates": [
                    (name, f"{rate:.2f}" if moderator.shared else "–")
                    for name, rate in (
                        (_("Sensitivity"), moderator.sensitivity),
                        (_("Specificity"), moderator.specificity),
                    )
                ],
            }
            for moderator in quality.moderators
        ],
        "bins": [
            {"n": b.n, "score": f"{100 * b.score:.3g} %", "rate": share(b.rate)}
            for b in quality.calibration.bins
        ],
        "slices": [
            {
                "row": part,
                "kind": kind_text(part.kind),
                "name": slice_text(part.name),
                "precision": share(part.precision),
            }
            for part in quality.slices
        ],
        "disagreements": quality.disagreements,
    }
    return render(request, "console/quality.html", context)


def kind_text(kind: str) -> str:
    """Name a kind of slice in the user's language."""
    return {
        "category": _("Category"),
        "language": _("Language"),
        "price": _("Price"),
        "seller_age": _("Seller's age"),
    }[kind]


def slice_text(name: str) -> str:
    """Say a slice in the user's language; names of categories and the like stay."""
    known = {
        "unknown": _("unknown"),
        "under a week": _("under a week"),
        "under a month": _("under a month"),
        "under a year": _("under a year"),
        "a year or more": _("a year or more"),
    }
    return known.get(name, name)


def _missed(quality: Quality) -> str:
    if not quality.misses.answered:
        return _("Nothing explored has a label yet, so what is missed is unknown.")
    missed = quality.misses.missed
    return _("We miss between %(low)s and %(high)s violations a day (95 %% sure).") % {
        "low": three_figures(missed.low / quality.days),
        "high": three_figures(missed.high / quality.days),
    }


def _facts(quality: Quality) -> list[dict[str, str]]:
    agreement = quality.agreement
    rows = (
        (_("recall"), share(quality.misses.recall)),
        (_("prevalence"), share(quality.misses.prevalence)),
        (_("precision of the list"), share(quality.precision)),
        (_("the same, looked at any time"), share(quality.precision_always)),
        (_("calibration error"), amount(quality.calibration.error)),
        (_("probabilities"), trust_text(quality.probabilities.trust)),
        (_("correction"), _correction(quality.probabilities)),
        (_("cases judged twice"), str(agreement.cases)),
        (_("agreed"), share(agreement.agreed)),
        (_("Cohen's kappa"), amount(agreement.kappa)),
        (_("Krippendorff's alpha"), amount(agreement.alpha)),
    )
    return [{"name": name, "value": value} for name, value in rows]


def trust_text(trust: Trust) -> str:
    """Say in the user's language how far probabilities can be trusted, and what to do."""
    return {
        Trust.NO_MODEL: _("Rules alone are in force."),
        Trust.NO_LABELS: _("No listing that this model scored has a label yet."),
        Trust.HOLD: _("Labels do not speak against them."),
        Trust.CORRECTED: _(
            "The model's own no longer hold, those shown are corrected: train the topic again."
        ),
        Trust.NOT_TRUSTED: _(
            "They cannot be trusted: go by the order of the list, which stays right. Look at the "
            "newest labels and the policy text, then train the topic again."
        ),
    }[trust]


def _correction(measured: Trusted) -> str:
    """Write what becomes of three probabilities."""
    if not measured.labels:
        return "–"
    before = (0.01, 0.1, 0.5)
    after = measured.correction.apply(np.array(before)).tolist()
    return ", ".join(
        f"{100 * p:.2g} % → {100 * q:.2g} %" for p, q in zip(before, after, strict=True)
    )


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
