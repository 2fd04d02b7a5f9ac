"""The form of a campaign's plan: as it is filled in, and what was written."""

from __future__ import annotations

from datetime import date  # read by msgspec when the types are used
from typing import TYPE_CHECKING

import msgspec

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.service.campaigns.plan import Source
from mimawari.service.console.campaign_words import source_text

if TYPE_CHECKING:
    from django.http import QueryDict

    from mimawari.service.campaigns.plan import Plan

MOST_TEXT = 2_000
USUAL = (Source.UNCERTAIN, Source.RANDOM)


class CampaignForm(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in the form; ``sources``: value, name, whether it is ticked.

    Parameters
    ----------
    least_yield
        In percent, as it is written.
    """

    sources: list[tuple[str, str, bool]]
    until: date | None = None
    goal: str = "labels"
    number: int = 500
    budget: int = 20
    beyond: int = 0
    days: int = 30
    least_yield: str = "0"
    text: str = ""
    language: str = ""
    category: str = ""
    retrain: bool = False


def campaign_form(plan: Plan | None = None) -> CampaignForm:
    """Fill the form with a plan; without one, with what is usual.

    Examples
    --------
    >>> from mimawari.service.campaigns.plan import Plan
    >>> plan = Plan(sources=(Source.RANDOM,), budget=5, until=date(2027, 1, 1), violations=9)
    >>> form = campaign_form(plan)
    >>> form.goal, form.number, form.least_yield
    ('violations', 9, '0')
    """
    ticked = USUAL if plan is None else plan.sources
    sources = [(source.value, source_text(source.value), source in ticked) for source in Source]
    if plan is None:
        return CampaignForm(sources=sources)
    return CampaignForm(
        sources=sources,
        until=plan.until,
        goal="violations" if plan.violations else "labels",
        number=plan.violations or plan.labels,
        budget=plan.budget,
        beyond=plan.beyond,
        days=plan.days,
        least_yield=f"{100 * plan.least_yield:.6g}",
        text=plan.text,
        language=plan.language,
        category=plan.category,
        retrain=plan.retrain,
    )


def given_in(written: QueryDict) -> dict[str, object]:
    """Read what was written.

    Raises
    ------
    InvalidInputError
        Something is no number, or too long.
    """
    goal = "violations" if written.get("goal") == "violations" else "labels"
    return {
        "sources": [source for source in written.getlist("source") if source in set(Source)],
        "until": text_in(written, "until"),
        goal: _number(written, "number"),
        "least_yield": _percent(written, "least_yield") / 100,
        "retrain": written.get("retrain") == "on",
        **{name: _number(written, name) for name in ("budget", "beyond", "days")},
        **{name: text_in(written, name) for name in ("text", "language", "category")},
    }


def text_in(written: QueryDict, name: str) -> str:
    """Read one line.

    Raises
    ------
    InvalidInputError
        It is too long.
    """
    text = written.get(name, "").replace("\0", "").strip()
    if len(text) > MOST_TEXT:
        problem = f"has {len(text):,} characters"
        raise InvalidInputError(FieldProblem(name, problem, f"use {MOST_TEXT:,} at most"))
    return text


def _number(written: QueryDict, name: str) -> int:
    text = text_in(written, name) or "0"
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise InvalidInputError(FieldProblem(name, f"{text[:20]!r} is no number", "write digits"))
    return int(text)


def _percent(written: QueryDict, name: str) -> float:
    text = text_in(written, name) or "0"
    whole, _, part = text.partition(".")
    if not (whole + part).isascii() or not (whole + part).isdecimal() or len(text) > 9:
        remedy = "write a percentage, such as 2.5"
        raise InvalidInputError(FieldProblem(name, f"{text[:20]!r} is no number", remedy))
    return float(text)
