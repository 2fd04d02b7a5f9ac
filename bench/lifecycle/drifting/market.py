"""The market that the bench of drift watches: its streams, their cycles, their season."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit, logit

from mimawari.evaluation.drift.streams import Stream, weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

KINDS: dict[str, tuple[float, ...]] = {
    "language": (0.45, 0.30, 0.12, 0.06, 0.07),
    "category": (0.22, 0.16, 0.13, 0.11, 0.09, 0.08, 0.06, 0.05, 0.04, 0.03, 0.02, 0.01),
    "price": (0.02, 0.13, 0.45, 0.33, 0.07),
    "length": (0.30, 0.40, 0.25, 0.05),
    # Of twenty topics.
    "score": tuple(np.geomspace(0.002, 0.02, 20)),
    "alerts": tuple(np.geomspace(0.0005, 0.003, 20)),
}
BASE = np.concatenate([np.array(shares) for shares in KINDS.values()])
KIND_OF = np.repeat(list(KINDS), [len(shares) for shares in KINDS.values()])
WEIGHTS = weights([Stream(kind, "") for kind in KIND_OF])
# A listing has one language, but may score high for no topic or for some.
EXCLUSIVE = ("language", "category", "price", "length")
WEEK_HOURS = 168


@dataclass(frozen=True, slots=True)
class Market:
    """How the shares of a market move without anything being wrong.

    Parameters
    ----------
    daily, weekend, season
        In log odds: height of the daily wave (of languages; other kinds have a third of it),
        step at weekends, and move of the level a day. Streams take turns in signs.
    wander
        Standard deviation of a level that each day draws anew, in log odds.
    """

    daily: float = 0.4
    weekend: float = 0.04
    season: float = 0.002
    wander: float = 0.0

    def shares(self, hour: float, wandered: Floats | float = 0.0) -> Floats:
        """Give each stream's share at an hour since a Monday's midnight; (..., streams)."""
        sign = np.where(np.arange(len(BASE)) % 2, -1.0, 1.0)
        height = np.where(KIND_OF == "language", self.daily, self.daily / 3)
        angle = 2 * np.pi * hour / 24
        wave = height * (0.8 * np.cos(angle - 1) + 0.2 * np.cos(2 * angle))
        rest = self.weekend * (hour % WEEK_HOURS >= 5 * 24) + self.season * hour / 24
        shares = np.asarray(expit(logit(BASE) + sign * (wave + rest) + wandered))
        for kind in EXCLUSIVE:
            shares[..., kind == KIND_OF] /= shares[..., kind == KIND_OF].sum(axis=-1, keepdims=True)
        return shares

    def levels(self, days: int, random: np.random.Generator) -> Floats:
        """Draw what each day's levels are off by; shape (days, streams)."""
        return random.normal(0, 1, (days, len(BASE))) * self.wander


def moved(shares: Floats, stream: int, by: float) -> Floats:
    """Move a share by so much; what else is of its kind gives or takes in proportion."""
    new = shares.copy()
    same = np.flatnonzero(KIND_OF[stream] == KIND_OF)
    new[same] *= (1 - shares[stream] - by) / (1 - shares[stream])
    new[stream] = shares[stream] + by
    return new
