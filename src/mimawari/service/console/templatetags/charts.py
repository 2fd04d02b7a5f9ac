"""Charts in templates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template
from django.utils.safestring import mark_safe

from mimawari.evaluation.charts.svg import markup

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

    from mimawari.evaluation.charts.chart import Chart

register = template.Library()


@register.filter
def svg(chart: Chart) -> SafeString:
    """Give a chart as SVG; the writer escapes every text of it."""
    return mark_safe(markup(chart))  # noqa: S308
