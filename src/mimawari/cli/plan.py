"""`mimawari plan`: what a comparison will cost, before it starts."""

from __future__ import annotations

import math

from rich.console import Console
from rich.table import Table

from mimawari.cli.declared_options import takes
from mimawari.service.trials.plan_request import PlanRequest

NAMES = {
    "reuse": "back-test, the champion's labels reused",
    "fresh": "back-test, fresh pairs",
    "safe": "experiment, safe",
    "fast": "experiment, fast",
    "split": "half and half, fixed length",
}


@takes(PlanRequest)
def plan(given: PlanRequest) -> None:
    """Show reviews and days of each design, and whether any decides in time."""
    from mimawari.service.trials.planning import plan_of

    console = Console()
    planned = plan_of(given)
    if planned.designs:
        half, late = "half of all cases", f"{given.power:.0%} of cases"
        columns = (f"reviews, {half}", f"reviews, {late}", f"days, {half}", f"days, {late}")
        table = Table("design", *columns, "least mean")
        for design in planned.designs:
            values = (
                design.reviews,
                design.most_reviews,
                design.days,
                design.most_days,
                design.bound,
            )
            table.add_row(NAMES[design.name], *map(number, values))
        console.print(table)
    console.print(planned.statement, highlight=False)


def number(value: float) -> str:
    """Write a count; what is never reached, or does not apply, as a dash.

    Examples
    --------
    >>> number(1234.4), number(math.inf), number(math.nan)
    ('1,234', '–', '–')
    """
    return f"{value:,.0f}" if math.isfinite(value) else "–"
