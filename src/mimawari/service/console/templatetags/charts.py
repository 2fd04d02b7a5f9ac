"""Charts in templates."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, tostring

from django import template
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from mimawari.evaluation.charts.svg import markup
from mimawari.service.console.models import flow_svg

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.utils.safestring import SafeString

    from mimawari.evaluation.charts.chart import Chart
    from mimawari.service.console.models.flow_picture import Flow

register = template.Library()
WIDTH, HEIGHT = 100, 20


@register.filter
def svg(chart: Chart) -> SafeString:
    """Give a chart as SVG; the writer escapes every text of it."""
    return mark_safe(markup(chart))  # noqa: S308


@register.filter
def boxes(flow: Flow) -> SafeString:
    """Give a picture of boxes as SVG; the writer escapes every text of it."""
    return mark_safe(flow_svg.markup(flow))  # noqa: S308


@register.filter
def sparkline(counts: Sequence[int]) -> SafeString:
    """Draw counts a day, the newest last, as a line without axes; its label says them all."""
    label = _("a day, today last: %(counts)s") % {"counts": ", ".join(map(str, counts))}
    line = Element(
        "svg",
        {"viewBox": f"0 0 {WIDTH} {HEIGHT}", "class": "spark", "role": "img", "aria-label": label}
        | {"preserveAspectRatio": "none"},
    )
    most, steps = max(counts, default=0) or 1, max(1, len(counts) - 1)
    points = [
        f"{round(WIDTH * i / steps, 1)},{round(HEIGHT - 1 - (HEIGHT - 2) * count / most, 1)}"
        for i, count in enumerate(counts)
    ]
    SubElement(line, "polyline", {"points": " ".join(points)})
    return mark_safe(tostring(line, encoding="unicode"))  # noqa: S308  # numbers, and an escaped label
