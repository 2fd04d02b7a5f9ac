"""What a pass of the watches over closed days gives."""

from __future__ import annotations

from datetime import date, datetime

import msgspec


class ToldChange(msgspec.Struct, frozen=True, kw_only=True):
    """A share that moved.

    Parameters
    ----------
    watch
        ``inputs``, or ``scores TOPIC``.
    kind, name
        The share, such as ``language`` and ``ja``.
    before, after
        As it should have been, and as it was from ``since`` until it was told ``at``.
    low, high
        Between which it would have been no change.
    sellers
        That were counted since.
    """

    watch: str
    kind: str
    name: str
    since: datetime
    at: datetime
    before: float
    after: float
    low: float
    high: float
    sellers: int


class TopicDay(msgspec.Struct, frozen=True, kw_only=True):
    """A topic's day beside the days before.

    Parameters
    ----------
    scored, alerted
        Versions with a score, and put before moderators.
    low, high
        Between which the number of alerts was as usual; None while that was being learnt.
    judged, violating
        Alerts with a label, and of these those that violate.
    precision_fell
        Whether it was told on this day that their share fell.
    """

    day: date
    scored: int
    alerted: int
    low: float | None = None
    high: float | None = None
    judged: int = 0
    violating: int = 0
    precision_fell: bool = False

    @property
    def unusual(self) -> bool:
        """Whether there were too many alerts or too few."""
        return self.low is not None and not self.low <= self.alerted <= (self.high or 0.0)


class Monitored(msgspec.Struct, frozen=True, kw_only=True):
    """What the watches saw.

    Parameters
    ----------
    versions, batches
        How many were counted, in how many batches of sellers.
    watched_from
        By watch, since when it has a reference; a watch without one is learning to the end.
    """

    versions: int
    batches: int
    watched_from: dict[str, datetime]
    changes: tuple[ToldChange, ...]
    topics: dict[str, tuple[TopicDay, ...]]
