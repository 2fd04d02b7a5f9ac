"""Charts of figures over time, with what is usual as a band and alarms as marks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from mimawari.evaluation.charts.chart import Band, Plot, Series

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mimawari.evaluation.charts.chart import Chart

MOST_TICKS = 7
HEIGHT = 240
HOUR = 3_600.0


class Point(msgspec.Struct, frozen=True):
    """A figure at a time; what it should lie between, where that is known."""

    at: datetime
    value: float
    low: float | None = None
    high: float | None = None


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """What a chart says.

    Parameters
    ----------
    summary
        What it shows, for those who do not see it.
    value, usual
        Labels of the line, and of the band.
    """

    title: str
    summary: str
    y_name: str
    x_name: str
    value: str
    usual: str


def over_time(
    words: Words,
    points: Sequence[Point],
    write: Callable[[float], str],
    alarms: Sequence[datetime] = (),
) -> Chart | None:
    """Draw figures over time; None where there are none.

    Parameters
    ----------
    alarms
        When alarms began: each is a mark at its place on the line.
    """
    if not points:
        return None
    begin = points[0].at
    xs = [_hours(point.at, begin) for point in points]
    banded = [(x, p.low, p.high) for x, p in zip(xs, points, strict=True)]
    bands = [(x, low, high) for x, low, high in banded if low is not None and high is not None]
    ends = [p.value for p in points] + [end for _, low, high in bands for end in (low, high)]
    low, high = min(ends), max(ends)
    room = (high - low) * 0.15 or abs(high) * 0.1 or 1.0
    width = max(xs[-1], 1.0)
    if len(xs) == 1:  # a short stroke
        xs, points = [0.0, width], [points[0], points[0]]
        bands = bands and [(0.0, *bands[0][1:]), (width, *bands[0][1:])]
    return Plot(
        words.title,
        words.summary,
        words.x_name,
        words.y_name,
        max(0.0, low - room) if low >= 0 else low - room,
        high + room,
        write,
        [Series(words.value, "history", xs, [p.value for p in points])],
        [Band(words.usual, "area", *(list(part) for part in zip(*bands, strict=True)))]
        if bands
        else [],
        x_text=lambda x: _time(begin + timedelta(hours=x), width),
        x_ticks=_ticks(width),
        notes=[(x, _near(x, xs, points), "▲", "against") for x in _marks(alarms, begin, width)],
        height=HEIGHT,
    ).draw()


def _marks(alarms: Sequence[datetime], begin: datetime, width: float) -> list[float]:
    places = (_hours(at, begin) for at in alarms)
    return [place for place in places if 0 <= place <= width]


def _near(x: float, xs: Sequence[float], points: Sequence[Point]) -> float:
    return min(zip(xs, points, strict=True), key=lambda pair: abs(pair[0] - x))[1].value


def _hours(at: datetime, begin: datetime) -> float:
    return (at - begin).total_seconds() / HOUR


def _ticks(width: float) -> list[float]:
    """Give round times: hours, or days from the beginning."""
    steps = (1, 2, 4, 6, 12, 24, 48, 96, 168, 336)
    step = next((s for s in steps if width / s <= MOST_TICKS), 24 * 28)
    return [float(x) for x in range(0, int(width) + 1, step)]


def _time(at: datetime, width: float) -> str:
    at = at.astimezone(UTC)
    return f"{at:%m-%d}" if width > 72 else f"{at:%d. %H:%M}"
