"""`mimawari plan`: what a comparison will cost, before it starts."""

from __future__ import annotations

import math
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

NAMES = {
    "reuse": "back-test, the champion's labels reused",
    "fresh": "back-test, fresh pairs",
    "safe": "experiment, safe",
    "fast": "experiment, fast",
    "split": "half and half, fixed length",
}


def plan(
    precision: Annotated[float, typer.Option(help="The champion's Precision@K.")],
    capacity: Annotated[int, typer.Option(help="K, reviews of the topic a day.")] = 50,
    overlap: Annotated[float, typer.Option(help="Share of the lists that is the same.")] = 0.7,
    gain: Annotated[float, typer.Option(help="Smallest useful gain in Precision@K.")] = 0.03,
    differing_precision: Annotated[
        float | None,
        typer.Option(help="Violations among what only the champion lists; half of it by default."),
    ] = None,
    alpha: Annotated[float, typer.Option(help="Chance of promoting what is no better.")] = 0.05,
    power: Annotated[float, typer.Option(help="Chance of promoting that gain.")] = 0.8,
    window_days: Annotated[int, typer.Option(help="Days of history of a back-test.")] = 28,
    reviews_per_day: Annotated[int, typer.Option(help="Of a back-test.")] = 50,
    listings: Annotated[int, typer.Option(help="A day; 0 where unknown.")] = 0,
    dispersion: Annotated[
        float, typer.Option(help="How much more days vary than chance explains.")
    ] = 1.0,
    most_weeks: Annotated[float, typer.Option(help="That a comparison may take.")] = 8.0,
) -> None:
    """Show reviews and days of each design, and whether any decides in time."""
    from mimawari.service.trials.planning import PlanWish, plan_of

    console = Console()
    found = plan_of(
        PlanWish(
            precision=precision,
            capacity=capacity,
            overlap=overlap,
            gain=gain,
            differing_precision=differing_precision,
            alpha=alpha,
            power=power,
            window_days=window_days,
            reviews_per_day=reviews_per_day,
            listings=listings,
            dispersion=dispersion,
            most_weeks=most_weeks,
        )
    )
    if found.designs:
        half, late = "half of all cases", f"{power:.0%} of cases"
        columns = (f"reviews, {half}", f"reviews, {late}", f"days, {half}", f"days, {late}")
        table = Table("design", *columns, "least mean")
        for one in found.designs:
            values = (one.reviews, one.most_reviews, one.days, one.most_days, one.bound)
            table.add_row(NAMES[one.name], *map(number, values))
        console.print(table)
    console.print(found.statement, highlight=False)


def number(value: float) -> str:
    """Write a count; what is never reached, or does not apply, as a dash.

    Examples
    --------
    >>> number(1234.4), number(math.inf), number(math.nan)
    ('1,234', '–', '–')
    """
    return f"{value:,.0f}" if math.isfinite(value) else "–"
