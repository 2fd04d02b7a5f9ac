"""The picture of bench.active: every replay as a line, a panel a topic."""

from __future__ import annotations

import io
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.experiments.figure import INK, THEME
from bench.experiments.figure import save as write
from mimawari.simulation.labelling import Curve

FILE = Path(__file__).parents[1] / "docs" / "images" / "labelling.svg"
COLOURS = {"random": "#b8860b", "mixed": "#2f81f7"}


def draw(curves: dict[str, dict[str, list[Curve]]], share: float) -> str:
    """Draw AUPRC, as a share of that of the whole pool, against labels."""
    figure = Figure(figsize=(11, 5.6), layout="constrained")
    panels = figure.subplots(2, 3, sharex=True, sharey=True)
    for axes, (topic, by_way) in zip(panels.flat, curves.items(), strict=False):
        _panel(axes, by_way, share)
        axes.set_title(topic.replace("_", " "), fontsize=10)
    panels[0, 0].legend(frameon=False, fontsize=8, loc="lower right")
    figure.supxlabel("labels (each line is one seed, up to where it reached the dotted line)")
    figure.supylabel("share of the AUPRC of all labels")
    buffer = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": "mimawari", "svg.fonttype": "none"}):
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    start = svg.index(">") + 1
    return svg[:start] + "\n" + THEME + svg[start:]


def _panel(axes: Axes, by_way: dict[str, list[Curve]], share: float) -> None:
    for way, colour in COLOURS.items():
        for i, one in enumerate(by_way[way]):
            label = None if i else way
            axes.plot(one.labels, one.auprc, color=colour, linewidth=1, alpha=0.8, label=label)
    axes.axhline(share, color=INK, linewidth=0.8, linestyle=":")
    axes.set_xscale("log")
    axes.set_ylim(0, 1.25)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(INK)
    axes.tick_params(color=INK, which="both", labelsize=8)


def save(curves: dict[str, dict[str, list[Curve]]], share: float) -> None:
    """Write the picture."""
    write(draw(curves, share), FILE)
