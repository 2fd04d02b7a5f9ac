"""Hours as references count them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

MONDAY = datetime(1970, 1, 5, tzinfo=UTC)
_HOUR = timedelta(hours=1)


def hour_of(at: datetime) -> float:
    """Give a time in hours since the first Monday of 1970.

    Examples
    --------
    >>> hour_of(datetime(1970, 1, 12, 6, 30, tzinfo=UTC))
    174.5
    """
    return (at - MONDAY) / _HOUR


def time_of(hour: float) -> datetime:
    """Give the time of an hour."""
    return MONDAY + hour * _HOUR
