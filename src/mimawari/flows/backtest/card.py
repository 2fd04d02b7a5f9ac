"""The card of a back-test: what labels say of both lists, and what would change for whom."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from mimawari.evaluation.charts.rows import Row, draw_rows
from mimawari.evaluation.charts.svg import markup
from mimawari.figures import percent
from mimawari.flows.page import HeadedTable, page

if TYPE_CHECKING:
    from mimawari.flows.backtest_records import Backtest, ListQuality
    from mimawari.flows.measured import Measured
    from mimawari.flows.records import Request, Result, TopicResult

HEAD = ("topic", "candidate", "against", "listings", "K a day", "overlap", "what it says")


def as_page(result: Result, request: Request) -> str:
    """Render as one self-contained page; every text is escaped."""
    days = [day.day for day in request.days]
    span = f"{min(days)} to {max(days)}" if days else "no day"
    table = HeadedTable(HEAD, tuple(map(_row, result.topics)))
    backtests = [of.backtest for of in result.topics if of.backtest is not None]
    parts = [_precisions(backtests), *map(_topic, backtests)]
    return page(request, f"{len(days)} closed days, {span}", table, parts)


def says(backtest: Backtest) -> str:
    """Say in a few words what labels say of the candidate."""
    low, high = backtest.gain.low, backtest.gain.high
    if backtest.gain.value is None or low is None or high is None:
        return "too few labels to compare"
    if low > 0:
        return "surely finds more among its alerts that have labels"
    if high < 0:
        return "surely finds less among its alerts that have labels"
    return "labels do not tell the two apart"


def _row(of: TopicResult) -> tuple[str, ...]:
    backtest = of.backtest
    if backtest is None:
        return (of.topic, *("",) * 5, of.problem)
    return (
        of.topic, backtest.model, backtest.against or "rules alone", f"{backtest.listings:,}",
        f"{backtest.k:,}", f"{percent(backtest.overlap)} %", says(backtest),
    )  # fmt: skip


def _precisions(backtests: list[Backtest]) -> str:
    """Draw Precision@K of both, with intervals over sellers."""
    rows = [
        row
        for of in backtests
        for row in (
            _interval(f"{of.topic}, candidate", "chosen", of.candidate.precision),
            _interval(f"{of.topic}, in force", "other", of.champion.precision),
        )
    ]
    name = "Precision@K among alerts with a label, with 95 % intervals over sellers"
    chart = draw_rows("Precision", "of both lists, by topic", name, rows, high=1.0)
    return f"<h2>What labels say</h2>{markup(chart)}"


def _interval(name: str, kind: str, figure: Measured) -> Row:
    if figure.value is None:
        return Row(name)
    interval = (kind, figure.low or 0.0, 1.0 if figure.high is None else figure.high)
    return Row(name, intervals=[interval], dots=[(kind, figure.value)])


def _topic(of: Backtest) -> str:
    lists = HeadedTable(
        ("list", "alerts", "with a label", "violate", "Precision@K", "recall of labelled"),
        (_list("candidate", of.candidate), _list(of.against or "rules alone", of.champion)),
    )
    blast = of.blast
    changes = (
        f"{blast.entering:,} alerts come and {blast.leaving:,} go; sellers with alerts by the "
        f"candidate alone {blast.sellers_entering:,}, by what is in force alone "
        f"{blast.sellers_leaving:,}. Of labelled violations {blast.violations_won:,} are won and "
        f"{blast.violations_lost:,} lost. {of.labels:,} labels count; {of.learnt:,} are left out, "
        "as one of both has learnt from them."
    )
    if blast.held_candidate is not None:
        changes += (
            f" Hidden until somebody decides: {blast.held_candidate:,} listings by the candidate, "
            f"{blast.held_champion:,} by what is in force."
        )
    parts = HeadedTable(
        ("part of the market", "come", "go", "difference"),
        [
            (f"{p.kind}: {p.name}", f"{p.entering:,}", f"{p.leaving:,}",
             f"{p.entering - p.leaving:+,}")
            for p in blast.parts
        ],
    )  # fmt: skip
    name = escape(of.topic)
    return f"<h2>{name}</h2>{lists.html}<p>{escape(changes)}</p>{_overlap(of)}{parts.html}"


def _list(name: str, of: ListQuality) -> tuple[str, ...]:
    recall = "" if of.recall is None else f"{of.recall:.3f}"
    return (name, f"{of.alerts:,}", f"{of.known:,}", f"{of.violations:,}", _words(of.precision),
            recall)  # fmt: skip


def _words(figure: Measured) -> str:
    if figure.value is None:
        return "unknown"
    low, high = (0.0 if figure.low is None else figure.low, figure.high)
    return f"{figure.value:.3f} ({low:.3f} to {1.0 if high is None else high:.3f})"


def _overlap(of: Backtest) -> str:
    """Draw the shared alerts of each day."""
    rows = [
        Row(f"{day.day}", bars=[("chosen", float(day.shared)), ("other", float(day.alerts))])
        for day in of.days
    ]
    chart = draw_rows("Overlap", "by day", "alerts of both, and of the candidate, a day", rows)
    return markup(chart)
