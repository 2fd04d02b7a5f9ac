"""The card of a run: what it trained from what, how good that is, what failed and why."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from mimawari.evaluation.charts.rows import Row, draw_rows
from mimawari.evaluation.charts.svg import markup
from mimawari.flows.page import HeadedTable, page

if TYPE_CHECKING:
    from mimawari.flows.records import Audit, Request, Result, TopicResult


def as_page(result: Result, request: Request) -> str:
    """Render as one self-contained page; every text is escaped."""
    table = HeadedTable(
        ("topic", "model", "learnt from", "violate", "what became of it"),
        tuple(map(_row, result.topics)),
    )
    parts = [_learnt(result), *(_audit(of.audit) for of in result.topics if of.audit)]
    return page(request, f"Data set {result.data_set}", table, parts)


def _row(of: TopicResult) -> tuple[str, ...]:
    trained = of.trained
    figures = (
        (trained.model, f"{trained.rows:,}", f"{trained.positives:,}") if trained else ("",) * 3
    )
    words = of.problem or "; ".join(trained.remarks if trained else ()) or "trained"
    return of.topic, *figures, words


def _learnt(result: Result) -> str:
    """Draw what each model learnt from: violations, a row a topic."""
    rows = [
        Row(of.topic, bars=[("violations", of.trained.positives)])
        for of in result.topics
        if of.trained is not None
    ]
    chart = draw_rows("Learnt from", "violations by topic", "violations learnt from", rows)
    return f"<h2>What was learnt from</h2>{markup(chart)}"


def _audit(audit: Audit) -> str:
    """Draw AP@K of the model beside the rules, with intervals over sellers."""
    rows = []
    for audited in audit.kinds:
        kind = "other" if audited.name == "rules" else "chosen"
        average = audited.average
        intervals = [(kind, max(0.0, average.low or 0.0), average.high or 0.0)]
        rows.append(Row(audited.name, intervals=intervals, dots=[(kind, average.value or 0.0)]))
    name = f"AP@{audit.k}, with its 95 % interval over sellers"
    chart = markup(draw_rows("Audit", audit.why, name, rows, high=1.0))
    why = f"{audit.why}. {_later(audit)}"
    return f'<h2>{escape(audit.topic)}</h2>{chart}<p class="soft">{escape(why)}</p>'


def _later(audit: Audit) -> str:
    later = audit.later
    if later is None:
        return f"Later days were not measured: {audit.no_later}."
    return (
        f"Of {later.rows:,} listings of new sellers from {later.since:%Y-%m-%d} on a model of the "
        f"earlier ones has AUPRC {later.auprc:.3f} and Precision@{later.k} {later.precision:.3f}."
    )
