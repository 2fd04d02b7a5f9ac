"""The pictures of a trial's page: evidence, and the difference it leaves open."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from mimawari.evaluation.charts.chart import Band, Chart, Plot, Rule, Series
from mimawari.service.trials.wording import percent, points, progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mimawari.evaluation.planner import Plan
    from mimawari.service.trials.looks import Looks

# Evidence below this share of what a decision needs is drawn at the edge.
LEAST_SHARE = -0.5
# Curves of power begin here: before, a decision is out of reach.
LEAST_CHANCE = 0.005


def evidence_picture(looks: Looks, guard: bool = False) -> Chart:
    """Draw how much of the evidence a decision needs there was after each review.

    A guard's evidence is for the model that was replaced.
    """
    promote, reject = [0.0, *looks.promote], [0.0, *looks.reject]
    reviews = [0, *looks.reviews]
    text = _("After %(n)s reviews: %(for)s of the evidence to promote, %(against)s to reject.")
    if guard:
        text = _("After %(n)s reviews: %(for)s of the evidence to roll back.")
    summary = text % {
        "n": f"{reviews[-1]:,}",
        "for": progress(promote[-1]),
        "against": progress(reject[-1]),
    }
    return Plot(
        _("Evidence"),
        summary,
        _("reviews"),
        _("of what a decision needs"),
        max(LEAST_SHARE, min(0.0, *promote, *reject)),
        max(1.1, *promote, *reject),
        percent,
        series=[
            Series(_("to roll back") if guard else _("to promote"), "for", reviews, promote),
            Series(_("no harm") if guard else _("to reject"), "against", reviews, reject),
        ],
        rules=[Rule(_("decided here"), "decides", 1.0)],
    ).draw()


def difference_picture(looks: Looks, smallest_gain: float) -> Chart:
    """Draw the confidence sequence of the difference in Precision@K."""
    known = [i for i, low in enumerate(looks.low) if not math.isnan(low)]
    reviews = [looks.reviews[i] for i in known]
    lows, highs = [looks.low[i] for i in known], [looks.high[i] for i in known]
    # The first looks leave everything open; the picture shows where it matters.
    edge = _edge(lows, highs, smallest_gain)
    summary = _("Nothing is known yet.")
    if known:
        summary = _(
            "After %(n)s reviews the difference lies between %(low)s and %(high)s points."
        ) % {
            "n": f"{reviews[-1]:,}",
            "low": points(lows[-1]),
            "high": points(highs[-1]),
        }
    return Plot(
        _("Difference in Precision@K"),
        summary,
        _("reviews"),
        _("percentage points"),
        -edge,
        edge,
        points,
        bands=[Band(_("95 % sure"), "sure", reviews, lows, highs)] if known else [],
        series=[
            Series("", "edge", reviews, highs),
            Series("", "edge", reviews, lows),
        ],
        rules=[
            Rule(_("no difference"), "zero", 0.0),
            Rule(_("smallest useful gain"), "useful", smallest_gain),
        ],
    ).draw()


def power_picture(plan: Plan, power: float) -> Chart:
    """Draw the chance of a decision against reviews, on a scale of powers of ten."""
    lines = {
        "reuse": ("history", _("back-test, labels reused")),
        "safe": ("online", _("pairs of reviews")),
    }
    series, notes = [], []
    for name, (kind, text) in lines.items():
        whole = plan.design(name).curve
        curve = [
            (math.log10(n), chance) for n, chance in whole if n >= 1 and chance >= LEAST_CHANCE
        ]
        if not curve:
            continue
        series.append(Series("", kind, [x for x, c in curve], [c for x, c in curve]))
        half = next((x for x, chance in curve if chance >= 0.5), curve[-1][0])
        notes.append((half, 0.5 if name == "reuse" else 0.36, text, kind))
    fixed = plan.design("split").most_reviews
    if math.isfinite(fixed):
        at = math.log10(fixed)
        series.append(Series("", "split", [at, at], [0.0, power]))
        notes.append((at, 0.1, _("half and half, fixed"), "split"))
    low = min((line.xs[0] for line in series), default=0.0)
    high = max((line.xs[-1] for line in series), default=1.0)
    return Plot(
        _("Chance of a decision by reviews"),
        _("The chance that a candidate with this gain has been promoted after so many reviews."),
        _("reviews"),
        _("chance of a decision"),
        0.0,
        1.0,
        percent,
        series=series,
        rules=[Rule(_("%(share)s of cases") % {"share": percent(power)}, "decides", power)],
        x_text=lambda x: f"{10**x:,.0f}",
        x_low=math.floor(low),
        x_ticks=range(math.floor(low), math.floor(high) + 1),
        notes=notes,
    ).draw()


def _edge(lows: Sequence[float], highs: Sequence[float], smallest_gain: float) -> float:
    """Choose how far the y axis reaches: what the last tenth of the looks left open, twice."""
    tail = max(1, len(lows) // 10)
    open_still = [abs(v) for v in (*lows[-tail:], *highs[-tail:])]
    return max(3 * smallest_gain, min(1.0, 2 * max(open_still, default=0.0)))
