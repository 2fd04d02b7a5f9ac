"""The report as a table for the terminal."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.table import Table

if TYPE_CHECKING:
    from mimawari.evaluation.report.run import RunReport, TopicResult


def ratio(value: float) -> str:
    """Format a coverage ratio.

    Examples
    --------
    >>> ratio(2.5), ratio(float("inf")), ratio(float("nan"))
    ('2.5x', 'rules: 0', '-')
    """
    if math.isinf(value):
        return "rules: 0"
    return "-" if math.isnan(value) else f"{value:.1f}x"


def share(value: float) -> str:
    """Format a precision.

    Examples
    --------
    >>> share(0.25), share(float("nan"))
    ('25 %', '-')
    """
    return "-" if math.isnan(value) else f"{value:.0%}".replace("%", " %")


def minutes(value: float) -> str:
    """Format a moderator's time, negative when models cost time.

    Examples
    --------
    >>> minutes(12.4), minutes(-3.0), minutes(-0.4), minutes(float("nan"))
    ('12 min', '-3 min', '0 min', '-')
    """
    return "-" if math.isnan(value) else f"{value:z.0f} min"


def as_table(report: RunReport) -> Table:
    """Lay the report out, a row a topic and a last row for all."""
    table = Table(
        title=report.title,
        caption=caption(report),
        caption_justify="left",
        box=SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    table.add_column("topic", no_wrap=True)
    for heading in ("violate", "alerts/K", "P@K", "caught", "rules", "coverage", "saved"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in report.topics:
        table.add_row(*cells(row, row.minutes_saved(report.seconds_a_review)))
    table.add_section()
    table.add_row(*cells(report.total, report.minutes_saved()), style="bold")
    return table


def cells(row: TopicResult, saved: float) -> tuple[str, ...]:
    """Give the texts of one row."""
    return (
        row.topic if row.modelled else f"{row.topic} *",
        str(row.violations),
        f"{row.alerts}/{row.capacity}",
        share(row.precision),
        str(row.caught),
        str(row.rule_caught),
        ratio(row.coverage),
        minutes(saved),
    )


def caption(report: RunReport) -> str:
    """Say what the figures rest on, first of all the leak gauge."""
    lines = [
        f"{report.listings:,} listings in {report.seconds:.0f} s. P@K: Precision@K, the share of "
        "the alerts that violate. Rules: caught by rules alone with the same reviews."
        " *: no model yet."
    ]
    if report.leak is not None:
        lines.append(
            f"Leak gauge P3: style alone, without a single word, tells violating rows from "
            f"ordinary ones at AUROC {report.leak:.3f} (0.5 = no leak). These figures show "
            "that the machinery works, not how good it would be on your marketplace."
        )
    return "\n".join((*lines, *report.notes))
