"""`mimawari worth`: whether each topic's model is worth what it costs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from mimawari.cli.store import open_store
from mimawari.figures import three_figures

if TYPE_CHECKING:
    from mimawari.evaluation.bootstrap import Interval


def amount(interval: Interval) -> str:
    """Write a number with its interval.

    Examples
    --------
    >>> from mimawari.evaluation.bootstrap import Interval
    >>> amount(Interval(12.0, 8.0, 20.25)), amount(Interval(math.nan, math.nan, math.nan))
    ('12 (8 to 20.2)', 'unknown')
    """
    if math.isnan(interval.low):
        return "unknown"
    value = "?" if math.isnan(interval.value) else three_figures(interval.value)
    return f"{value} ({three_figures(interval.low)} to {three_figures(interval.high)})"


def worth(
    days: Annotated[int, typer.Option(min=1, max=3650, help="Days back from now.")] = 28,
    hours_per_release: Annotated[
        float, typer.Option(min=0, help="Engineers' hours that a new model takes.")
    ] = 4.0,
    least_per_hour: Annotated[
        float, typer.Option(min=0, help="Violations that an hour of upkeep has to bring.")
    ] = 1.0,
) -> None:
    """Show what each model catches beyond the rules, its cost, and whether to keep it."""
    open_store()
    from mimawari.service.monitoring.worths import worths

    table = Table(title=f"Models against rules alone, last {days} days")
    for heading in (
        *("topic", "reviews", "caught", "by rules alone", "beyond the rules"),
        *("per moderator-hour", "per compute-hour", "upkeep hours", "advice"),
    ):
        table.add_column(heading)
    topics_worth = worths(days, hours_per_release, least_per_hour)
    for topic_worth in topics_worth:
        measured = topic_worth.worth
        table.add_row(
            topic_worth.topic,
            str(measured.reviews),
            str(measured.caught),
            amount(measured.by_rules),
            amount(measured.gain),
            amount(measured.per_moderator_hour),
            amount(measured.per_compute_hour),
            f"{topic_worth.costs.upkeep_hours:.1f}",
            measured.advice.value,
        )
    Console().print(table)
    if not topics_worth:
        typer.echo("No topic has a model in force: rules alone cost no upkeep of a model.")
