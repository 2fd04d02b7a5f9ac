"""`mimawari campaigns create|edit`: the plan of a campaign, from the options of a command."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from mimawari.cli.options import By
from mimawari.cli.store import acting, open_store
from mimawari.errors import FieldProblem, InvalidInputError

Number = Annotated[int, typer.Argument(help="As 'campaigns list' shows it.")]
Reason = Annotated[str, typer.Option(help="Why; kept in the ledger.")]
Source = Annotated[
    list[str] | None,
    typer.Option(
        help="uncertain, models, shadows, near_violations, moderators or random; repeatable."
    ),
]
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The last day.")]
Budget = Annotated[int | None, typer.Option(help="Reviews a day.")]
Beyond = Annotated[int | None, typer.Option(help="Of these, beyond the topic's capacity.")]
Labels = Annotated[int | None, typer.Option(help="Goal: so many clear verdicts.")]
Violations = Annotated[int | None, typer.Option(help="Goal: so many violations.")]
Text = Annotated[str | None, typer.Option(help="Words that listings have.")]
Language = Annotated[str | None, typer.Option(help="Of the listing, such as ja.")]
Category = Annotated[str | None, typer.Option(help="A part of the category's path.")]
Days = Annotated[int | None, typer.Option(help="How many days old a listing may be; 30 without.")]
Yield = Annotated[float | None, typer.Option(help="Ends where it surely yields less than this.")]
Error = Annotated[float | None, typer.Option(help="Chance to end a better one so; .05 without.")]
PlanFile = Annotated[
    Path | None,
    typer.Option("--plan", help="A plan that 'flow run select' wrote; options go before it."),
]
Retrain = Annotated[bool | None, typer.Option(help="Begin a retraining at the end.")]


def create(
    name: Annotated[str, typer.Argument(help="What it is about.")],
    topic: Annotated[str, typer.Option(help="A topic in force.")],
    source: Source = None,
    budget: Budget = None,
    until: Day = None,
    labels: Labels = None,
    violations: Violations = None,
    beyond: Beyond = None,
    text: Text = None,
    language: Language = None,
    category: Category = None,
    days: Days = None,
    least_yield: Yield = None,
    error: Error = None,
    retrain: Retrain = None,
    plan: PlanFile = None,
    reason: Reason = "to learn more",
    by: By = None,
) -> None:
    """Ask moderators about what you look for, so many a day, until a goal or a date."""
    open_store()
    from mimawari.service.campaigns.changing import create as begin
    from mimawari.service.campaigns.given import plan_of

    given = _written(plan) | _given(locals())
    change = begin(topic, name, plan_of(given), acting(by), reason)
    typer.echo(f"campaign {change.campaign_id} runs: {name}")


def edit(
    number: Number,
    reason: Reason,
    source: Source = None,
    budget: Budget = None,
    until: Day = None,
    labels: Labels = None,
    violations: Violations = None,
    beyond: Beyond = None,
    text: Text = None,
    language: Language = None,
    category: Category = None,
    days: Days = None,
    least_yield: Yield = None,
    error: Error = None,
    retrain: Retrain = None,
    by: By = None,
) -> None:
    """Change the plan of a campaign; what it asked for stays."""
    open_store()
    from mimawari.service.campaigns.changing import change

    change(number, acting(by), reason, given=_given(locals()))
    typer.echo(f"campaign {number} has another plan.")


def _written(path: Path | None) -> dict[str, Any]:
    """Read a plan's file.

    Raises
    ------
    InvalidInputError
        It cannot be read, or is no object of JSON.
    """
    if path is None:
        return {}
    remedy = "give plan.json of a run of 'mimawari flow run select'"
    try:
        return dict(msgspec.json.decode(path.read_bytes(), type=dict[str, Any]))
    except (OSError, msgspec.MsgspecError) as error:
        problem = f"cannot be read ({error})"
        raise InvalidInputError(FieldProblem(f"--plan {path.name}", problem, remedy)) from error


def _given(values: dict[str, Any]) -> dict[str, Any]:
    """Give what a command was told of the plan."""
    names = (
        *("budget", "until", "labels", "violations", "beyond", "text", "language", "category"),
        *("days", "least_yield", "error", "retrain"),
    )
    given = {name: values[name] for name in names if values[name] is not None}
    if "until" in given:
        given["until"] = given["until"].date()
    if values["source"]:
        given["sources"] = values["source"]
    return given
