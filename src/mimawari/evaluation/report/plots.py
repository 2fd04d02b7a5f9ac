"""The report's plots as SVG, drawn to be read on light and on dark pages."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import matplotlib as mpl
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from mimawari.evaluation.report.run import TopicResult

INK, RULES, MODELS = "#7d8590", "#b8860b", "#2f81f7"


def _svg(figure: Figure) -> str:
    buffer = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": "mimawari", "svg.fonttype": "none"}):
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    text = buffer.getvalue()
    return text[text.index("<svg") :]


def _axes(width: float, height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(INK)
    axes.tick_params(colors=INK, labelsize=9)
    axes.xaxis.label.set_color(INK)
    axes.yaxis.label.set_color(INK)
    return figure, axes


def caught_plot(topics: Sequence[TopicResult]) -> str:
    """Draw violations caught by rules alone and with models, two bars a topic."""
    figure, axes = _axes(7.5, 0.6 + 0.5 * len(topics))
    for i, row in enumerate(reversed(topics)):
        axes.barh(i + 0.19, row.caught, 0.36, color=MODELS)
        axes.barh(i - 0.19, row.rule_caught, 0.36, color=RULES)
        axes.plot([row.violations] * 2, [i - 0.4, i + 0.4], color=INK, linewidth=1.5)
    axes.set_yticks(range(len(topics)), [r.topic for r in reversed(topics)])
    axes.set_xlabel("violations caught with the same reviews (line: all there are)")
    return _svg(figure)


def precision_plot(topics: Sequence[TopicResult]) -> str:
    """Draw the precision of the first k alerts against k, a line a modelled topic."""
    figure, axes = _axes(7.5, 3.4)
    for row in topics:
        if row.modelled and row.precision_curve:
            reviews = range(1, len(row.precision_curve) + 1)
            axes.plot(reviews, row.precision_curve, linewidth=1.6, label=row.topic)
    axes.set_ylim(0, 1.02)
    axes.set_xlabel("alerts reviewed, best first")
    axes.set_ylabel("share that violates")
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False, fontsize=8, labelcolor=INK, loc="lower left")
    return _svg(figure)
