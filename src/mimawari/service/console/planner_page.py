"""The planner's page: a form, what each design costs, and the picture of power."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import msgspec
from django.utils.translation import gettext as _

from mimawari.errors import InvalidInputError
from mimawari.records.fields import convert, fields_of
from mimawari.service.console.trial_pictures import power_picture
from mimawari.service.trials.plan_request import PlanRequest
from mimawari.service.trials.planning import plan_of
from mimawari.service.trials.wording import percent, points

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mimawari.evaluation.charts.chart import Chart
    from mimawari.evaluation.planner import Design, Plan

FIRST = PlanRequest(precision=0.3, capacity=200)


class FormField(msgspec.Struct, frozen=True):
    """A field of the form."""

    name: str
    label: str
    value: str


class DesignRow(msgspec.Struct, frozen=True):
    """What one design costs, as text."""

    name: str
    reviews: str
    most_reviews: str
    days: str
    most_days: str
    bound: str


class PlannerPage(msgspec.Struct, frozen=True):
    """The form with what was asked, and the plan; or what is wrong with it."""

    fields: list[FormField]
    problem: str = ""
    rows: list[DesignRow] = []
    statement: str = ""
    decidable: bool = False
    power: str = ""
    picture: Chart | None = None


def planner_page(given: Mapping[str, str]) -> PlannerPage:
    """Plan what was asked in the form."""
    asked = {name: given[name].strip() for name in PlanRequest.__struct_fields__ if given.get(name)}
    try:
        request = convert(asked, PlanRequest, strict=False) if asked else FIRST
        plan = plan_of(request)
    except InvalidInputError as error:
        shown = {**msgspec.to_builtins(FIRST), **asked}
        return PlannerPage(form_fields(shown), problem=str(error))
    return PlannerPage(
        form_fields(msgspec.to_builtins(request)),
        rows=[_row(design) for design in plan.designs],
        statement=statement(plan, request),
        decidable=plan.decidable,
        power=percent(request.power),
        picture=power_picture(plan, request.power) if plan.designs else None,
    )


def form_fields(values: Mapping[str, object]) -> list[FormField]:
    """Give the form's fields with their labels."""
    shown = {name: "" if value is None else str(value) for name, value in values.items()}
    return [
        FormField(field.name, _(field.title), shown.get(field.name, ""))
        for field in fields_of(PlanRequest)
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


def statement(plan: Plan, request: PlanRequest) -> str:
    """Say whether it can be decided, and at what cost."""
    if not plan.designs:
        return _("Not decidable: lists so alike cannot gain %(gain)s points of Precision@K.") % {
            "gain": points(request.gain).lstrip("+")
        }
    best = plan.designs[0]
    weeks = {"weeks": f"{request.most_weeks:g}"}
    if plan.decidable:
        return _(
            "Decidable: %(design)s takes %(half)s reviews in half of all cases, and %(reviews)s "
            "in %(power)s of them, %(days)s days."
        ) % {
            "design": design_name(best.name),
            "half": number(best.reviews),
            "reviews": number(best.most_reviews),
            "power": percent(request.power),
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


def _row(design: Design) -> DesignRow:
    return DesignRow(
        design_name(design.name),
        number(design.reviews),
        number(design.most_reviews),
        number(design.days),
        number(design.most_days),
        number(design.bound),
    )


def number(value: float) -> str:
    """Write a count; a dash for what is never reached or does not apply.

    Examples
    --------
    >>> number(1234.4), number(math.inf)
    ('1,234', '–')
    """
    return f"{value:,.0f}" if math.isfinite(value) else "–"
