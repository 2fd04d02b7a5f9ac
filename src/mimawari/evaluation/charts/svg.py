"""Writes a chart down as SVG: classes, no styles, so that a strict page shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, tostring

if TYPE_CHECKING:
    from mimawari.evaluation.charts.chart import Chart


def markup(chart: Chart) -> str:
    """Give the SVG of a chart.

    Examples
    --------
    >>> from mimawari.evaluation.charts.chart import Plot
    >>> svg = markup(Plot("A < B", "it grows", "reviews", "share", 0, 1, str).draw())
    >>> svg[:84]
    '<svg viewBox="0 0 760 310" role="img" aria-label="A &lt; B. it grows" class="chart">'
    """
    label = f"{chart.title}. {chart.summary}"
    box = f"0 0 {chart.width} {chart.height}"
    svg = Element("svg", {"viewBox": box, "role": "img", "aria-label": label, "class": "chart"})
    _axes(svg, chart)
    for area in chart.areas:
        SubElement(svg, "polygon", {"class": f"area {area.kind}", "points": area.points})
    for rule in chart.rules:
        _line(svg, f"rule {rule.kind}", (chart.left, rule.y), (chart.right, rule.y))
    for line in chart.lines:
        SubElement(svg, "polyline", {"class": f"line {line.kind}", "points": line.points})
    for mark in chart.labels:
        _text(svg, f"label {mark.kind}", mark.x, mark.y, mark.text, dy=".35em")
    return tostring(svg, encoding="unicode")


def _axes(svg: Element, chart: Chart) -> None:
    for tick in chart.y_ticks:
        if tick.kind != "row":
            _line(svg, "grid", (chart.left, tick.y), (chart.right, tick.y))
        _text(svg, "tick", chart.left - 8, tick.y, tick.text, dy=".35em", **{"text-anchor": "end"})
    middle = {"text-anchor": "middle"}
    for tick in chart.x_ticks:
        _line(svg, "grid", (tick.x, chart.bottom), (tick.x, chart.bottom + 5))
        _text(svg, "tick", tick.x, chart.bottom + 18, tick.text, **middle)
    _text(svg, "tick", chart.left, chart.top - 14, chart.y_name)
    centre = (chart.left + chart.right) / 2
    _text(svg, "tick", centre, chart.bottom + 36, chart.x_name, **middle)


def _line(svg: Element, kind: str, start: tuple[float, float], end: tuple[float, float]) -> None:
    places = {"x1": start[0], "y1": start[1], "x2": end[0], "y2": end[1]}
    SubElement(svg, "line", {"class": kind} | {k: str(v) for k, v in places.items()})


def _text(svg: Element, kind: str, x: float, y: float, text: str, **more: str) -> None:
    if text:
        SubElement(svg, "text", {"class": kind, "x": str(x), "y": str(y), **more}).text = text
