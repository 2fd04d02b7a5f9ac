"""What a second stage brings: violations among what only its answers put on the list."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence


class Considered(msgspec.Struct, frozen=True):
    """One of the best m x K of a topic and day.

    Parameters
    ----------
    score, rank
        Of the first stage, and with the answer: probabilities.
    tie
        The order of equals.
    listed
        Whether it was, or is, before moderators for its place on the list.
    label
        What was decided of it, 1 or 0; None where nobody did.
    """

    score: float
    rank: float
    tie: str
    listed: bool
    label: int | None = None


class StageGain(msgspec.Struct, frozen=True):
    """What answers changed of lists, against the first stage under the same K.

    Parameters
    ----------
    reviewed, caught
        What was decided of listings that the first stage alone would not have listed, and how many
        of these violate.
    lost
        Expected violations among what the first stage would have listed and the answers pushed
        out: the sum of their ranks, as nobody decided them.
    expected
        Expected gain of ordering by rank, over all that was considered: what a shadow would bring.
    """

    reviewed: int = 0
    caught: int = 0
    lost: float = 0.0
    expected: float = 0.0

    @property
    def gain(self) -> float:
        """Violations caught beyond the first stage."""
        return self.caught - self.lost

    def plus(self, other: StageGain) -> StageGain:
        """Add up two days."""
        return StageGain(
            self.reviewed + other.reviewed,
            self.caught + other.caught,
            self.lost + other.lost,
            self.expected + other.expected,
        )


def gain_of_day(rows: Sequence[Considered], k: int) -> StageGain:
    """Measure one list.

    Examples
    --------
    >>> rows = [Considered(0.6, 0.4, "a", listed=False), Considered(0.5, 0.7, "b", True, 1)]
    >>> gain = gain_of_day(rows, 1)
    >>> gain.caught, round(gain.gain, 2), round(gain.expected, 2)
    (1, 0.6, 0.3)
    """
    first = sorted(rows, key=lambda row: (row.score, row.tie), reverse=True)
    by_rank = sorted(rows, key=lambda row: (row.rank, row.tie), reverse=True)
    beyond = [row for row in first[k:] if row.listed and row.label is not None]
    pushed_out = [row for row in first[:k] if not row.listed]
    return StageGain(
        reviewed=len(beyond),
        caught=sum(row.label or 0 for row in beyond),
        lost=sum(row.rank for row in pushed_out),
        expected=sum(row.rank for row in by_rank[:k]) - sum(row.rank for row in first[:k]),
    )
