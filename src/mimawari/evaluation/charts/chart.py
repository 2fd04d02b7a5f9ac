"""Line charts as plain numbers, which `svg` writes down: no script, themed by the style sheet."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

WIDTH, HEIGHT = 760, 310
LEFT, RIGHT, TOP, BOTTOM = 58, 170, 30, 44
# Two labels at the right end stay this far apart.
APART = 16


@dataclass(frozen=True, slots=True)
class Series:
    """A line; ``kind`` names its style."""

    name: str
    kind: str
    xs: Sequence[float]
    ys: Sequence[float]


@dataclass(frozen=True, slots=True)
class Band:
    """The area between two lines."""

    name: str
    kind: str
    xs: Sequence[float]
    lows: Sequence[float]
    highs: Sequence[float]


@dataclass(frozen=True, slots=True)
class Rule:
    """A horizontal line at a value that matters."""

    name: str
    kind: str
    y: float


@dataclass(frozen=True, slots=True)
class Mark:
    """A tick or label: where it stands and what it says."""

    x: float
    y: float
    text: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Shape:
    """Points of a line or an area, as SVG writes them."""

    kind: str
    points: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything that is written down."""

    title: str
    summary: str
    x_name: str
    y_name: str
    x_ticks: tuple[Mark, ...]
    y_ticks: tuple[Mark, ...]
    areas: tuple[Shape, ...]
    lines: tuple[Shape, ...]
    rules: tuple[Mark, ...]
    labels: tuple[Mark, ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM


@dataclass(frozen=True, slots=True)
class Plot:
    """What is to be drawn.

    Parameters
    ----------
    title, summary
        What the chart is, and what it shows in a sentence, for those who do not see it.
    low, high
        Least and greatest value of the y axis; lines beyond run along the edge.
    y_text
        How a value of the y axis is written.
    x_ticks
        Where the x axis is marked; at round values by default.
    notes
        Labels within the chart: x, y, text, kind.
    height
        More than usual where many lines have a label each.
    """

    title: str
    summary: str
    x_name: str
    y_name: str
    low: float
    high: float
    y_text: Callable[[float], str]
    series: Sequence[Series] = ()
    bands: Sequence[Band] = ()
    rules: Sequence[Rule] = ()
    x_text: Callable[[float], str] = field(default=lambda x: f"{x:,.0f}")
    x_low: float = 0.0
    x_ticks: Sequence[float] = ()
    notes: Sequence[tuple[float, float, str, str]] = ()
    height: int = HEIGHT

    def draw(self) -> Chart:
        """Lay everything out.

        Examples
        --------
        >>> line = Series("E", "for", [0, 10], [0.0, 1.0])
        >>> chart = Plot("Evidence", "it grows", "reviews", "share", 0, 1, str, [line]).draw()
        >>> chart.lines[0].points
        '58.0,266.0 590.0,30.0'
        """
        values = [*(series.xs for series in self.series), *(band.xs for band in self.bands)]
        most = max((float(x) for xs in values for x in xs), default=0.0)
        across, up = Axis(self.x_low, most or 1.0, LEFT, WIDTH - RIGHT), self._up()
        areas = tuple(Shape(b.kind, _area(b, across, up)) for b in self.bands)
        lines = tuple(
            Shape(s.kind, _points(s.xs, s.ys, across, up)) for s in self.series if len(s.xs)
        )
        rules = tuple(Mark(LEFT, up.place(r.y), r.name, r.kind) for r in self.rules)
        ends = [Mark(0, up.place(s.ys[-1]), s.name, s.kind) for s in self.series if len(s.xs)]
        ends += [
            Mark(0, (up.place(b.lows[-1]) + up.place(b.highs[-1])) / 2, b.name, b.kind)
            for b in self.bands
        ]
        return Chart(
            self.title,
            self.summary,
            self.x_name,
            self.y_name,
            tuple(
                Mark(across.place(x), 0, self.x_text(x)) for x in self.x_ticks or across.ticks(6)
            ),
            tuple(Mark(0, up.place(y), self.y_text(y)) for y in up.ticks(5)),
            areas,
            lines,
            rules,
            (
                *spread([mark for mark in (*ends, *rules) if mark.text], self.height - BOTTOM),
                *(Mark(across.place(x) + 8, up.place(y), text, k) for x, y, text, k in self.notes),
            ),
            height=self.height,
            bottom=self.height - BOTTOM,
        )

    def _up(self) -> Axis:
        return Axis(self.low, self.high, self.height - BOTTOM, TOP)


@dataclass(frozen=True, slots=True)
class Axis:
    """A linear scale from values to places."""

    low: float
    high: float
    start: float
    end: float

    def place(self, value: float) -> float:
        """Give the place of a value; what is beyond the ends lies at the end."""
        share = (value - self.low) / (self.high - self.low)
        return round(self.start + min(1.0, max(0.0, share)) * (self.end - self.start), 1)

    def ticks(self, most: int) -> list[float]:
        """Give round values within the axis, at most ``most`` steps of 1, 2 or 5.

        Examples
        --------
        >>> Axis(0, 340, 0, 1).ticks(6)
        [0.0, 100.0, 200.0, 300.0]
        >>> Axis(-0.04, 0.1, 0, 1).ticks(5)
        [0.0, 0.05, 0.1]
        """
        raw = (self.high - self.low) / most
        power = 10.0 ** math.floor(math.log10(raw))
        step = next(m * power for m in (1, 2, 5, 10) if m * power >= raw * (1 - 1e-9))
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [round(i * step, 10) for i in range(first, last + 1)]


def spread(marks: Sequence[Mark], bottom: float = HEIGHT - BOTTOM) -> tuple[Mark, ...]:
    """Move labels that would overlap apart, downwards in their order, and back inside.

    Examples
    --------
    >>> [m.y for m in spread([Mark(0, 40, "a"), Mark(0, 42, "b"), Mark(0, 90, "c")])]
    [40, 56, 90]
    """
    placed: list[Mark] = []
    for mark in sorted(marks, key=lambda m: m.y):
        least = placed[-1].y + APART if placed else TOP
        placed.append(Mark(WIDTH - RIGHT + 8, max(mark.y, least), mark.text, mark.kind))
    lowest = bottom
    for i in range(len(placed) - 1, -1, -1):
        mark = placed[i]
        placed[i] = Mark(mark.x, min(mark.y, lowest), mark.text, mark.kind)
        lowest = placed[i].y - APART
    return tuple(placed)


def _points(xs: Sequence[float], ys: Sequence[float], across: Axis, up: Axis) -> str:
    return " ".join(
        f"{across.place(x)},{up.place(y)}" for x, y in zip(xs, ys, strict=True) if math.isfinite(y)
    )


def _area(band: Band, across: Axis, up: Axis) -> str:
    there = _points(band.xs, band.highs, across, up)
    back = _points(band.xs[::-1], band.lows[::-1], across, up)
    return f"{there} {back}"
