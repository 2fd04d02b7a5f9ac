"""Charts of a row a name: bars, intervals, dots and limits on one axis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mimawari.evaluation.charts.chart import WIDTH, Axis, Chart, Mark, Shape

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROW, THICK, TOP, BOTTOM, EDGE = 40, 30, 10, 44, 24
# Room for a letter of a name.
LETTER = 7.5


@dataclass(frozen=True, slots=True)
class Row:
    """What stands beside a name; each part with the kind that names its style.

    Parameters
    ----------
    bars
        From 0 to a value, one below the other.
    intervals
        From a value to another.
    dots, limits
        At a value; a limit is a line across the row.
    """

    name: str
    bars: Sequence[tuple[str, float]] = ()
    intervals: Sequence[tuple[str, float, float]] = ()
    dots: Sequence[tuple[str, float]] = ()
    limits: Sequence[tuple[str, float]] = ()

    @property
    def values(self) -> Iterator[float]:
        """Every value."""
        for _, value in (*self.bars, *self.dots, *self.limits):
            yield value
        for _, _, high in self.intervals:
            yield high


def draw_rows(
    title: str, summary: str, x_name: str, rows: Sequence[Row], high: float = 0.0
) -> Chart:
    """Lay rows out, the first at the top.

    Parameters
    ----------
    high
        Greatest value of the axis; that of the rows by default.

    Examples
    --------
    >>> chart = draw_rows("Caught", "", "violations", [Row("weapons", bars=[("models", 4.0)])])
    >>> chart.areas[0].points
    '68.0,15.0 736.0,15.0 736.0,45.0 68.0,45.0'
    """
    left = round(16 + LETTER * max((len(row.name) for row in rows), default=0))
    most = high or max((value for row in rows for value in row.values), default=0.0) or 1.0
    across, bottom = Axis(0.0, most, left, WIDTH - EDGE), TOP + ROW * len(rows)
    places = [TOP + ROW * (i + 0.5) for i in range(len(rows))]
    pairs = list(zip(rows, places, strict=True))
    return Chart(
        title,
        summary,
        x_name,
        "",
        tuple(Mark(across.place(x), 0, f"{x:,.4g}") for x in across.ticks(6)),
        tuple(Mark(0, y, row.name, "row") for row, y in pairs),
        tuple(shape for row, y in pairs for shape in _bars(row, y, across)),
        tuple(shape for row, y in pairs for shape in _lines(row, y, across)),
        (),
        (),
        height=bottom + BOTTOM,
        left=left,
        right=WIDTH - EDGE,
        top=TOP,
        bottom=bottom,
    )


def _bars(row: Row, y: float, across: Axis) -> Iterator[Shape]:
    thick = THICK / max(1, len(row.bars))
    for i, (kind, value) in enumerate(row.bars):
        x, above = across.place(value), y - THICK / 2 + i * thick
        corners = (
            (across.start, above),
            (x, above),
            (x, above + thick),
            (across.start, above + thick),
        )
        yield Shape(f"bar {kind}", " ".join(f"{a:.1f},{b}" for a, b in corners))


def _lines(row: Row, y: float, across: Axis) -> Iterator[Shape]:
    for kind, low, high in row.intervals:
        yield Shape(f"interval {kind}", f"{across.place(low)},{y} {across.place(high)},{y}")
    for kind, value in row.dots:
        x = across.place(value)
        yield Shape(f"dot {kind}", f"{x},{y} {x},{y}")
    for kind, value in row.limits:
        x, half = across.place(value), ROW / 2 - 2
        yield Shape(f"limit {kind}", f"{x},{y - half} {x},{y + half}")
