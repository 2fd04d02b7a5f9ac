"""The picture of bench.learning_curves: AUPRC against violations, a panel a topic."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.experiments.figure import INK, THEME
from bench.experiments.figure import save as write

FILE = Path(__file__).parents[1] / "docs" / "images" / "learning-curves.svg"
COLOURS = {
    "tfidf_lr": "#7d8590", "linear": "#2f81f7", "tfidf": "#b8860b", "gbdt": "#2da44e",
    "sentences": "#a371f7", "ensemble": "#d1242f",
}  # fmt: skip
NAMES = {"tfidf_lr": "TF-IDF + logistic regression"}


def draw(figures: dict[str, Any]) -> str:
    """Draw the mean over draws as lines, and what auto picked as dots."""
    topics: dict[str, Any] = figures["topics"]
    rows = -(-len(topics) // 4)
    figure = Figure(figsize=(11, 0.4 + 2.9 * rows), layout="constrained")
    panels = figure.subplots(rows, 4, sharex=True, sharey=True, squeeze=False)
    for axes in panels.flat[len(topics) :]:
        axes.set_visible(False)
    for axes, (name, of_topic) in zip(panels.flat, topics.items(), strict=False):
        _panel(axes, of_topic)
        source, _, topic = name.partition(": ")
        axes.set_title(f"{topic}, {source.split('_')[0]}".replace("_", " "), fontsize=10)
    lines, names = panels[0, 0].get_legend_handles_labels()
    figure.legend(lines, names, frameon=False, fontsize=8, loc="outside upper center", ncols=7)
    figure.supxlabel("violations learnt, beside 600 other listings")
    figure.supylabel("AUPRC on new sellers")
    buffer = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": "mimawari", "svg.fonttype": "none"}):
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    start = svg.index(">") + 1
    return svg[:start] + "\n" + THEME + svg[start:]


def _panel(axes: Axes, of_topic: dict[str, Any]) -> None:
    """Draw a topic."""
    numbers = sorted(of_topic, key=int)
    xs = [int(n) for n in numbers]
    for kind, colour in COLOURS.items():
        ys = [of_topic[n]["auprc"][kind] for n in numbers]
        axes.plot(xs, ys, color=colour, linewidth=1.2, marker=".", label=NAMES.get(kind, kind))
    auto = [of_topic[n]["auprc"]["auto"] for n in numbers]
    axes.plot(xs, auto, "o", color=INK, fillstyle="none", markersize=8, label="what auto picks")
    axes.set_xscale("log")
    axes.set_xticks([20, 50, 100], ["20", "50", "100"])
    axes.minorticks_off()
    axes.set_ylim(0, 1)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(INK)
    axes.tick_params(color=INK, which="both", labelsize=8)


def save(figures: dict[str, Any]) -> None:
    """Write the picture."""
    write(draw(figures), FILE)
