"""The picture of the bench, as SVG to be read on light and on dark pages."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.experiments.runs import Outcomes

INK = "#7d8590"
WRONG = ("z-test looked at daily, 60 days", "labels folded as they complete")
SPLIT, ONLINE, BACK = "#b8860b", "#2f81f7", "#2da44e"
# Pages that show the file by itself have no style of ours: the picture brings both themes.
THEME = """<style>
text { fill: #57606a }
@media (prefers-color-scheme: dark) { text { fill: #adbac7 } }
</style>"""


def _bars(axes: Axes, cost: dict[str, Any]) -> None:
    """Draw reviews until 80 % of runs are decided, by overlap."""
    ways = (("split", SPLIT, lambda f: f["split"]["reviews"]),
            ("online", ONLINE, lambda f: f["online_safe"]["p80"]),
            ("back-test", BACK, lambda f: f["back_test_reuse"]["p80"]))  # fmt: skip
    for i, (name, colour, of) in enumerate(ways):
        values = [of(found) or np.nan for found in cost.values()]
        place = np.arange(len(values)) + (i - 1) * 0.27
        axes.bar(place, values, 0.25, color=colour, label=name)
        for x, v in zip(place, values, strict=True):
            axes.text(x, v * 1.08, f"{v:,.0f}", ha="center", fontsize=7.5)
    axes.set_yscale("log")
    axes.set_xticks(range(len(cost)), [name.split()[1] for name in cost])
    axes.set_xlabel("overlap of the two top lists")
    axes.set_title("reviews until 80 % of runs are decided")
    axes.set_ylim(top=2.5 * axes.get_ylim()[1])  # room for the legend above the bars
    axes.legend(frameon=False, fontsize=8, loc="upper center", ncols=3)


def _decided(outcomes: Outcomes, reviews: np.ndarray) -> np.ndarray:
    needed = np.where(
        outcomes.promote > 0, outcomes.promote * outcomes.reviews_a_step, np.iinfo(np.int64).max
    )
    return np.searchsorted(np.sort(needed), reviews, side="right") / len(needed)


def _curves(axes: Axes, curve: dict[str, Any]) -> None:
    """Draw the share of runs that found the better candidate against reviews spent."""
    reviews = np.unique(np.geomspace(10, 16_000, 400).astype(int))
    axes.plot(reviews, _decided(curve["reuse"], reviews), color=BACK, label="back-test")
    axes.plot(reviews, _decided(curve["online"], reviews), color=ONLINE, label="online")
    days = np.arange(1, len(curve["split"]) + 1)
    axes.plot(days * 200, curve["split"], color=SPLIT, label="split, if planned to end there")
    axes.axhline(0.8, color=INK, linewidth=0.8, linestyle=":")
    axes.set_xscale("log")
    axes.set_ylim(0, 1.02)
    axes.set_xlabel("reviews (overlap 70 %, P@200 .30 → .33)")
    axes.set_title("share of runs decided")
    axes.legend(frameon=False, fontsize=8)


def _levels(axes: Axes, nulls: dict[str, Any], controls: dict[str, Any]) -> None:
    """Draw false promotions, a dot a cell and design, wrong ways below."""
    rows = {v: [x for cell in by.values() for x in cell.values()]
            for v, by in nulls["rates"].items()}  # fmt: skip
    wrong = {name: list(controls[name].values()) for name in WRONG}
    names = [*rows, *wrong]
    for i, values in enumerate([*rows.values(), *wrong.values()]):
        colour = ONLINE if i < len(rows) else SPLIT
        axes.scatter(values, [len(names) - i] * len(values), s=14, color=colour, alpha=0.6)
    axes.axvline(nulls["limit"], color=INK, linewidth=0.8, linestyle=":")
    axes.set_yticks(range(len(names), 0, -1), names)
    axes.set_xlabel("false promotions, equal models (dotted: .05 + 3 s.e.)")
    axes.set_title("a look after every review; below, wrong ways")


def draw(
    cost: dict[str, Any], curves: dict[str, Any], nulls: dict[str, Any], controls: dict[str, Any]
) -> str:
    """Draw the three panels."""
    figure = Figure(figsize=(14, 4), layout="constrained")
    panels = figure.subplots(1, 3, width_ratios=(1, 1, 1.1))
    _bars(panels[0], cost)
    _curves(panels[1], curves["normal 70%"])
    _levels(panels[2], nulls, controls)
    for axes in panels:
        axes.spines[["top", "right"]].set_visible(False)
        axes.spines[["left", "bottom"]].set_color(INK)
        axes.tick_params(color=INK, which="both", labelsize=8)
        axes.title.set_fontsize(10)
    buffer = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": "mimawari", "svg.fonttype": "none"}):
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    start = svg.index(">") + 1
    return svg[:start] + "\n" + THEME + svg[start:]


def save(svg: str, path: Path) -> None:
    """Write the picture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(svg + "\n", "utf-8")
