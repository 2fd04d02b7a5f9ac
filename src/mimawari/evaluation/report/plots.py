"""The report's plots; the page's style sheet colours them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.evaluation.charts.chart import APART, HEIGHT, Plot, Series
from mimawari.evaluation.charts.rows import Row, draw_rows
from mimawari.evaluation.charts.svg import markup

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mimawari.evaluation.report.run import TopicResult

# So many colours are told apart; then they begin again.
COLOURS = 8


def caught_plot(topics: Sequence[TopicResult]) -> str:
    """Draw violations caught by rules alone and with models, two bars a topic."""
    rows = [
        Row(
            row.topic,
            bars=[("models", row.caught), ("rules", row.rule_caught)],
            limits=[("all", row.violations)],
        )
        for row in topics
    ]
    summary = "Rules and models above, rules alone below, a line where all violations would be."
    name = "violations caught with the same reviews (line: all there are)"
    return markup(draw_rows("Violations caught", summary, name, rows))


def precision_plot(topics: Sequence[TopicResult]) -> str:
    """Draw the precision of the first k alerts against k, a line a modelled topic."""
    series = [
        Series(row.topic, f"colour{i % COLOURS}", range(1, len(curve) + 1), curve)
        for i, (row, curve) in enumerate(
            (row, row.precision_curve) for row in topics if row.modelled and row.precision_curve
        )
    ]
    plot = Plot(
        "Precision",
        "The share of the first alerts of a topic that violates.",
        "alerts reviewed, best first",
        "share that violates",
        0.0,
        1.0,
        lambda share: f"{share:.1f}",
        series,
        height=max(HEIGHT, HEIGHT - 12 * APART + APART * len(series)),
    )
    return markup(plot.draw())
