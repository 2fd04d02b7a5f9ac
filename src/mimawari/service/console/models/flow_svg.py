"""Writes a picture of boxes as SVG: classes, no styles, so that a strict page shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, tostring

from mimawari.service.console.models.flow_picture import BOX_HEIGHT, BOX_WIDTH

if TYPE_CHECKING:
    from mimawari.service.console.models.flow_picture import Flow, Place

ROUND, INDENT, TITLE_AT, ALONE_AT, DETAIL_AT = "6", 9, 20, 28, 37


def markup(flow: Flow) -> str:
    """Give the SVG of a picture; boxes that lead somewhere are links.

    Examples
    --------
    >>> from mimawari.service.console.models.flow_picture import Node, draw
    >>> node = Node("data", "<b>")
    >>> "&lt;b&gt;" in markup(draw("How data flowed", [[node]], []))
    True
    """
    size = {"width": str(flow.width), "height": str(flow.height)}
    named = {"aria-labelledby": "flow-title", "aria-describedby": "flow-summary"}
    box = {"viewBox": f"0 0 {flow.width} {flow.height}", "role": "group"}
    svg = Element("svg", box | size | named)
    SubElement(svg, "title", {"id": "flow-title"}).text = flow.title
    SubElement(svg, "desc", {"id": "flow-summary"}).text = flow.summary
    for line in flow.lines:
        SubElement(svg, "path", {"class": "join", "d": line})
    for place in flow.places:
        _box(svg, place)
    return tostring(svg, encoding="unicode")


def _box(svg: Element, place: Place) -> None:
    node = place.node
    own = {"class": f"box {node.kind}"}
    group = SubElement(svg, "a", own | {"href": node.href}) if node.href else None
    if group is None:
        group = SubElement(svg, "g", own)
    whole = f"{node.title} · {node.detail}" if node.detail else node.title
    SubElement(group, "title").text = whole
    size = {"width": str(BOX_WIDTH), "height": str(BOX_HEIGHT), "rx": ROUND}
    SubElement(group, "rect", {"x": str(place.x), "y": str(place.y)} | size)
    x = str(place.x + INDENT)
    at = TITLE_AT if place.detail else ALONE_AT
    SubElement(group, "text", {"class": "name", "x": x, "y": str(place.y + at)}).text = place.title
    if place.detail:
        below = {"class": "detail", "x": x, "y": str(place.y + DETAIL_AT)}
        SubElement(group, "text", below).text = place.detail
