"""The pictures of docs/benchmarks.md: how far each measure is from its aim."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
from bench.experiments.figure import INK, THEME
from matplotlib.figure import Figure

MET, MISSED = "#2da44e", "#d1242f"
FARTHEST = 8.0  # times better or worse; bars beyond end there


def distance(aim: dict[str, Any]) -> float | None:
    """Give how many times better than its aim a measure is, below 1 worse; None of no ratio.

    Examples
    --------
    >>> distance({"measure": "p99, ms, at most", "aim": 15, "measured": 7.5})
    2.0
    >>> distance({"measure": "lost, at most", "aim": 0, "measured": 0}) is None
    True
    """
    wanted, measured = float(aim["aim"]), float(aim["measured"])
    if wanted <= 0 or measured < 0:
        return None
    if aim["measure"].endswith("at most"):
        return min(FARTHEST, wanted / measured) if measured else FARTHEST
    return max(1 / FARTHEST, min(FARTHEST, measured / wanted))


def draw(aims: Sequence[dict[str, Any]]) -> str:
    """Draw a bar a measure from its aim, to the right where it is better."""
    known = [(a, d) for a in aims if (d := distance(a)) is not None]
    figure = Figure(figsize=(9, 0.7 + 0.24 * len(known)), layout="constrained")
    axes = figure.subplots()
    for place, (aim, times) in enumerate(known):
        left, right = sorted((1.0, max(times, 1 / FARTHEST)))
        axes.barh(place, right - left, 0.65, left, color=MET if aim["met"] else MISSED)
        axes.plot([times], [place], "|", color=MET if aim["met"] else MISSED, markersize=9)
    axes.axvline(1, color=INK, linewidth=0.8)
    axes.set_xscale("log", base=2)
    axes.set_xlim(1 / FARTHEST, FARTHEST)
    axes.set_xticks([0.125, 0.25, 0.5, 1, 2, 4, 8], ["1/8", "1/4", "1/2", "aim", "2x", "4x", "8x"])
    axes.minorticks_off()
    names = [aim["measure"].rsplit(", at ", 1)[0] for aim, _ in known]
    axes.set_yticks(range(len(known)), names, fontsize=8)
    axes.invert_yaxis()
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(INK)
    axes.tick_params(color=INK, length=2, labelsize=8)
    buffer = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": "mimawari", "svg.fonttype": "none"}):
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    start = svg.index(">") + 1
    return svg[:start] + "\n" + THEME + svg[start:]
