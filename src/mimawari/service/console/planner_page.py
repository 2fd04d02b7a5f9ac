"""The planner's page: a form, what each design costs, and the picture of power."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import msgspec
from django.utils.translation import gettext as _

from mimawari.errors import InvalidInputError
from mimawari.service.console.trial_pictures import power_picture
from mimawari.service.trials.planning import PlanWish, plan_of
from mimawari.service.trials.wording import percent, points

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mimawari.evaluation.planner import Design, Plan

FIRST = PlanWish(precision=0.3, capacity=200)


def planner_page(given: Mapping[str, str]) -> dict[str, Any]:
    """Give the form with what was asked, and the plan; or what is wrong with it."""
    asked = {name: given[name].strip() for name in PlanWish.__struct_fields__ if given.get(name)}
    try:
        wish = msgspec.convert(asked, PlanWish, strict=False) if asked else FIRST
        plan = plan_of(wish)
    except (msgspec.ValidationError, InvalidInputError) as error:
        shown = {**msgspec.to_builtins(FIRST), **asked}
        return {"fields": fields(shown), "problem": str(error), "rows": [], "statement": ""}
    return {
        "fields": fields(msgspec.to_builtins(wish)),
        "problem": "",
        "rows": [_row(design) for design in plan.designs],
        "statement": statement(plan, wish),
        "decidable": plan.decidable,
        "power": percent(wish.power),
        "picture": power_picture(plan, wish.power) if plan.designs else None,
    }


def fields(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give the form's fields with their labels."""
    names = {
        "precision": _("Precision@K of the champion, 0 to 1"),
        "capacity": _("capacity K a day"),
        "overlap": _("share of the lists that is the same"),
        "gain": _("smallest useful gain in Precision@K"),
        "differing_precision": _("violations among what only the champion lists (empty: half)"),
        "alpha": _("chance of promoting a model that is no better"),
        "power": _("chance of promoting that gain"),
        "window_days": _("days of history"),
        "reviews_per_day": _("reviews a day of a back-test"),
        "listings": _("listings a day (0: unknown)"),
        "dispersion": _("how much more days vary than chance"),
        "most_weeks": _("weeks it may take"),
    }
    return [
        {"name": name, "label": label, "value": "" if (v := values.get(name)) is None else str(v)}
        for name, label in names.items()
    ]


def design_name(name: str) -> str:
    """Name a design."""
    return {
        "reuse": _("back-test, labels reused"),
        "fresh": _("back-test, fresh pairs"),
        "safe": _("experiment, safe"),
        "fast": _("experiment, fast"),
        "split": _("half and half, fixed"),
    }[name]


def statement(plan: Plan, wish: PlanWish) -> str:
    """Say whether it can be decided, and at what cost."""
    if not plan.designs:
        return _("Not decidable: lists so alike cannot gain %(gain)s points of Precision@K.") % {
            "gain": points(wish.gain).lstrip("+")
        }
    best = plan.designs[0]
    weeks = {"weeks": f"{wish.most_weeks:g}"}
    if plan.decidable:
        return _(
            "Decidable: %(design)s takes %(half)s reviews in half of all cases, and %(reviews)s "
            "in %(power)s of them, %(days)s days."
        ) % {
            "design": design_name(best.name),
            "half": number(best.reviews),
            "reviews": number(best.most_reviews),
            "power": percent(wish.power),
            "days": number(best.most_days),
        }
    if math.isfinite(best.most_days):
        return _(
            "Not decidable within %(weeks)s weeks: the quickest design takes %(days)s days."
        ) % {**weeks, "days": number(best.most_days)}
    return (
        _("Not decidable within %(weeks)s weeks: there are not enough labels for any design.")
        % weeks
    )


def _row(design: Design) -> dict[str, str]:
    return {
        "name": design_name(design.name),
        "reviews": number(design.reviews),
        "most_reviews": number(design.most_reviews),
        "days": number(design.days),
        "most_days": number(design.most_days),
        "bound": number(design.bound),
    }


def number(value: float) -> str:
    """Write a count; a dash for what is never reached or does not apply.

    Examples
    --------
    >>> number(1234.4), number(math.inf)
    ('1,234', '–')
    """
    return f"{value:,.0f}" if math.isfinite(value) else "–"
