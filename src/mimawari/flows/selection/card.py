"""The card of a selection: how many each source had and gave, and the plan."""

from __future__ import annotations

from collections import Counter
from html import escape
from typing import TYPE_CHECKING

from mimawari.evaluation.charts.rows import Row, draw_rows
from mimawari.evaluation.charts.svg import markup
from mimawari.flows.page import HeadedTable, page

if TYPE_CHECKING:
    from mimawari.flows.records import Request, Result, TopicResult
    from mimawari.flows.selection_records import Selection


def as_page(result: Result, request: Request) -> str:
    """Render as one self-contained page; every text is escaped."""
    days = [day.day for day in request.days]
    head = ("topic", "scored", "nobody asked", "chosen", "plan of a campaign")
    table = HeadedTable(head, tuple(map(_row, result.topics)))
    parts = [_sources(of.selection) for of in result.topics if of.selection is not None]
    lead = f"What to label next of {len(days)} closed days, {min(days)} to {max(days)}"
    return page(request, lead, table, parts)


def _row(of: TopicResult) -> tuple[str, ...]:
    selection = of.selection
    if selection is None:
        return (of.topic, "", "", "", of.problem)
    plan = selection.plan
    words = (
        f"{plan.labels:,} labels by {plan.until}, {plan.budget:,} a day, "
        f"from {', '.join(plan.sources)}"
    )
    figures = (selection.scored, selection.open, len(selection.chosen))
    return (of.topic, *(f"{figure:,}" for figure in figures), words)


def _sources(of: Selection) -> str:
    given = Counter(version.source for version in of.chosen)
    rows = [Row(name, bars=[("chosen", float(given[name]))]) for name in of.available]
    chart = draw_rows("Chosen", "by source", "versions chosen", rows)
    table = HeadedTable(
        ("source", "has something to say of", "chosen"),
        [(name, f"{count:,}", f"{given[name]:,}") for name, count in of.available.items()],
    )
    return f"<h2>{escape(of.topic)}</h2>{markup(chart)}{table.html}"
