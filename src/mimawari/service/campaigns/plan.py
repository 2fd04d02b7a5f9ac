"""What a campaign looks for, how much it asks a day, and when it ends."""

from __future__ import annotations

from datetime import date  # read by msgspec when the types are used
from enum import StrEnum

import msgspec

from mimawari.errors import FieldProblem, InvalidInputError

MOST_BUDGET, MOST_GOAL, MOST_DAYS = 10_000, 1_000_000, 365


class Source(StrEnum):
    """Where a campaign takes its listings from."""

    UNCERTAIN = "uncertain"
    MODELS = "models"
    SHADOWS = "shadows"
    NEAR_VIOLATIONS = "near_violations"
    MODERATORS = "moderators"
    RANDOM = "random"


class Plan(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A campaign's plan; it may be changed while the campaign goes on.

    Parameters
    ----------
    sources
        Where listings come from, in turn.
    text, language, category
        What listings must have: words, the seller's language, a part of the category's path.
        Empty may be anything.
    days
        How old a listing may be.
    labels, violations
        The goal: so many clear verdicts, or so many violations; 0 where it is not that.
    budget
        Reviews a day.
    beyond
        How many of them come on top of the topic's capacity.
    until
        The last day.
    least_yield, error
        It ends where its yield is surely below ``least_yield``; one whose yield never falls
        below that is ended so with a probability of ``error`` at most. 0 never ends it.
    retrain
        Whether a retraining begins from the data set that it ends with.
    """

    sources: tuple[Source, ...]
    budget: int
    until: date
    text: str = ""
    language: str = ""
    category: str = ""
    days: int = 30
    labels: int = 0
    violations: int = 0
    beyond: int = 0
    least_yield: float = 0.0
    error: float = 0.05
    retrain: bool = False


def check(plan: Plan, today: date) -> Plan:
    """Refuse a plan that cannot be carried out, all that is wrong named.

    Raises
    ------
    InvalidInputError
        Naming every field.

    Examples
    --------
    >>> check(Plan(sources=(), budget=5, until=date(2027, 1, 1), labels=10), date(2026, 12, 1))
    Traceback (most recent call last):
    mimawari.errors.InvalidInputError: sources: are empty; use uncertain, models, ...
    """
    problems = []
    if not plan.sources:
        remedy = f"use {', '.join(Source)}"
        problems.append(FieldProblem("sources", "are empty", remedy))
    if len(set(plan.sources)) < len(plan.sources):
        problems.append(FieldProblem("sources", "name one twice", "name each once"))
    if bool(plan.labels) == bool(plan.violations):
        remedy = "give a number of labels or of violations"
        problem = "is both" if plan.labels else "is missing"
        problems.append(FieldProblem("goal", problem, remedy))
    if plan.until < today:
        problem = f"{plan.until} is over"
        problems.append(FieldProblem("until", problem, "give today or a later day"))
    for field, value, low, high in (
        ("budget", plan.budget, 1, MOST_BUDGET),
        ("beyond", plan.beyond, 0, max(1, plan.budget)),
        ("days", plan.days, 1, MOST_DAYS),
        ("labels", plan.labels, 0, MOST_GOAL),
        ("violations", plan.violations, 0, MOST_GOAL),
    ):
        if not low <= value <= high:
            remedy = f"give {low:,} to {high:,}"
            problems.append(FieldProblem(field, f"is {value:,}", remedy))
    if not 0 <= plan.least_yield < 1:
        problem = f"is {plan.least_yield}"
        problems.append(FieldProblem("least_yield", problem, "give 0 or more, below 1"))
    if not 0 < plan.error < 1:
        problem = f"is {plan.error}"
        problems.append(FieldProblem("error", problem, "give a number between 0 and 1"))
    if max(len(plan.text), len(plan.language), len(plan.category)) > 200:
        problems.append(FieldProblem("conditions", "are too long", "use 200 characters each"))
    if problems:
        raise InvalidInputError(*problems)
    return plan
