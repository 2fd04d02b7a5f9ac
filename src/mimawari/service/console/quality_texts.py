"""What was measured of a topic's labels and list, in the user's language."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from django.utils.translation import gettext as _

from mimawari.evaluation.trust import Trust
from mimawari.figures import WIDE, percent, three_figures

if TYPE_CHECKING:
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


def missed_text(quality: Quality) -> str:
    """Say how many violations a day are missed."""
    if not quality.misses.answered:
        return _("Nothing explored has a label yet, so what is missed is unknown.")
    missed = quality.misses.missed
    return _("We miss between %(low)s and %(high)s violations a day (95 %% sure).") % {
        "low": three_figures(missed.low / quality.days),
        "high": three_figures(missed.high / quality.days),
    }


def facts(quality: Quality) -> list[dict[str, str]]:
    """Name what was measured of a topic, each with its value."""
    agreement = quality.agreement
    rows = (
        (_("recall"), share(quality.misses.recall)),
        (_("prevalence"), share(quality.misses.prevalence)),
        (_("precision of the list"), share(quality.precision)),
        (_("the same, looked at any time"), share(quality.precision_always)),
        (_("calibration error"), amount(quality.calibration.error)),
        (_("probabilities"), trust_text(quality.probabilities.trust)),
        (_("correction"), correction_text(quality.probabilities)),
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


def correction_text(measured: Trusted) -> str:
    """Write what becomes of three probabilities."""
    if not measured.labels:
        return "–"
    before = (0.01, 0.1, 0.5)
    after = measured.correction.apply(np.array(before)).tolist()
    return ", ".join(
        f"{100 * p:.2g} % → {100 * q:.2g} %" for p, q in zip(before, after, strict=True)
    )
