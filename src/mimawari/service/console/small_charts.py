"""Small charts of days: shapes to draw, and the same in words for those who do not see them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

WIDTH, HEIGHT = 240, 56


class Bar(msgspec.Struct, frozen=True):
    """A rectangle that stands on the base line."""

    x: float
    y: float
    width: float
    height: float


class SmallChart(msgspec.Struct, frozen=True):
    """Lines (a list of points each, as SVG writes them), bars, and what they say."""

    title: str
    summary: str
    lines: list[str] = []
    bars: list[Bar] = []
    first: str = ""
    last: str = ""
    top: str = ""


def counts(title: str, days: Sequence[date], values: Sequence[int]) -> SmallChart:
    """Draw a number a day as a line from 0."""
    most = max(values, default=0) or 1
    points = [(i, value / most) for i, value in enumerate(values)]
    return _chart(title, days, [points], [f"{value:,}" for value in values], f"{most:,}")


def shares(title: str, days: Sequence[date], values: Sequence[tuple[int, int]]) -> SmallChart:
    """Draw a share a day, hits of a number, from 0 to 100 %; days without any are gaps."""
    lines: list[list[tuple[int, float]]] = [[]]
    for i, (hits, n) in enumerate(values):
        if n:
            lines[-1].append((i, hits / n))
        elif lines[-1]:
            lines.append([])
    written = [f"{hits / n:.0%}" if n else "–" for hits, n in values]
    return _chart(title, days, [line for line in lines if line], written, "100%")


def course(
    title: str, days: Sequence[date], values: Sequence[float | None], write: Callable[[float], str]
) -> SmallChart:
    """Draw a number a day as a line from 0; days of which it is not known are gaps."""
    most = max((value for value in values if value is not None), default=0)
    lines: list[list[tuple[int, float]]] = [[]]
    for i, value in enumerate(values):
        if value is not None:
            lines[-1].append((i, value / (most or 1)))
        elif lines[-1]:
            lines.append([])
    written = ["–" if value is None else write(value) for value in values]
    return _chart(
        title, days, [line for line in lines if line], written, write(most) if most else "–"
    )


def bars(title: str, days: Sequence[date], values: Sequence[int]) -> SmallChart:
    """Draw a number a day as a bar."""
    most, step = max(values, default=0) or 1, WIDTH / max(1, len(values))
    heights = [round(HEIGHT * value / most, 1) for value in values]
    drawn = [
        Bar(round(i * step + step * 0.1, 1), HEIGHT - height, round(step * 0.8, 1), height)
        for i, height in enumerate(heights)
    ]
    words = _words(days, [f"{value:,}" for value in values])
    return SmallChart(title, words, [], drawn, *_ends(days), f"{most:,}")


def _chart(
    title: str,
    days: Sequence[date],
    lines: Sequence[Sequence[tuple[int, float]]],
    written: Sequence[str],
    top: str,
) -> SmallChart:
    step = WIDTH / max(1, len(days) - 1)
    drawn = []
    for line in lines:
        points = [(i * step, HEIGHT - value * HEIGHT) for i, value in line]
        if len(points) == 1:  # a day between two gaps: a short stroke
            (x, y) = points[0]
            points = [(max(0.0, x - 2), y), (min(float(WIDTH), x + 2), y)]
        drawn.append(" ".join(f"{x:.1f},{y:.1f}" for x, y in points))
    return SmallChart(title, _words(days, written), drawn, [], *_ends(days), top)


def _words(days: Sequence[date], written: Sequence[str]) -> str:
    """Say the newest days; all of a long period would be read for minutes."""
    newest = list(zip(days, written, strict=True))[-7:]
    return _("newest days: %(days)s") % {
        "days": ", ".join(f"{day:%m-%d} {value}" for day, value in newest)
    }


def _ends(days: Sequence[date]) -> tuple[str, str]:
    return (f"{days[0]:%m-%d}", f"{days[-1]:%m-%d}") if days else ("", "")
