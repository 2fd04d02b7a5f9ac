"""What a back-test gives: two lists of alerts a day, and how they differ."""

from __future__ import annotations

from datetime import date

import msgspec

from mimawari.flows.measured import Measured


class ListQuality(msgspec.Struct, frozen=True, kw_only=True):
    """What labels say of a list of alerts.

    Parameters
    ----------
    alerts, known, violations
        On the list; of these with a label; of these that violate.
    precision
        Violations among those with a label, with its 95 % interval over sellers.
    recall
        Share of all labelled violations of these days that the list holds; None without any.
    """

    alerts: int
    known: int
    violations: int
    precision: Measured
    recall: float | None


class Moved(msgspec.Struct, frozen=True):
    """Alerts of a part of the market that come and go with the candidate."""

    kind: str
    name: str
    entering: int
    leaving: int


class Blast(msgspec.Struct, frozen=True, kw_only=True):
    """What changes for moderators and sellers if the candidate takes over.

    Parameters
    ----------
    entering, leaving
        Alerts of the candidate alone, and of what is in force alone.
    sellers_entering, sellers_leaving
        Sellers who have alerts with one of both alone.
    violations_won, violations_lost
        Labelled violations among those that enter and leave.
    held_candidate, held_champion
        Listings that are hidden until somebody decided; None where the policy hides nothing.
    parts
        Where in the market most alerts come and go.
    """

    entering: int
    leaving: int
    sellers_entering: int
    sellers_leaving: int
    violations_won: int
    violations_lost: int
    held_candidate: int | None = None
    held_champion: int | None = None
    parts: tuple[Moved, ...] = ()


class DayOverlap(msgspec.Struct, frozen=True):
    """How many alerts of a day both lists share, of how many."""

    day: date
    alerts: int
    shared: int


class Backtest(msgspec.Struct, frozen=True, kw_only=True):
    """A candidate over closed days beside what is in force.

    Parameters
    ----------
    against
        Version of the champion; empty: the rules alone.
    k
        Alerts a day.
    listings
        Versions that both scored.
    labels, learnt
        Labelled versions among them that neither model has learnt from, and labels that were left
        out because one has.
    gain
        Precision of the candidate above that of what is in force, with its 95 % interval over
        sellers.
    """

    topic: str
    model: str
    against: str
    k: int
    listings: int
    labels: int
    learnt: int
    candidate: ListQuality
    champion: ListQuality
    gain: Measured
    blast: Blast
    days: tuple[DayOverlap, ...]

    @property
    def overlap(self) -> float:
        """Share of the candidate's alerts that are those of what is in force."""
        alerts = sum(day.alerts for day in self.days)
        return sum(day.shared for day in self.days) / alerts if alerts else 1.0
