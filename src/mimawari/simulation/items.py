"""Days of a duel: the listings that may enter a top K, and no others."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr, ndtri

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mimawari.simulation.duel import Duel
    from mimawari.simulation.effects import Effects

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Items:
    """Listings of several days, in no particular order; every field has shape (n,).

    Attributes
    ----------
    day
        Day number of each, from 0.
    violates
        Truth.
    cluster
        Seller cluster, unique over days.
    a, b
        Scores of both models, standard normal for harmless listings.
    """

    day: Integers
    violates: NDArray[np.bool_]
    cluster: Integers
    a: Floats
    b: Floats


def reach(duel: Duel) -> float:
    """Give the score below which no listing enters a top K.

    Harmless listings alone above it number K + 8 sqrt(K) on average, even on days of many
    violations (4 sd), so fewer than K happens once in 10^13 days.
    """
    worst = min(0.9, duel.prevalence * math.exp(4 * duel.spread))
    above = duel.capacity + 8 * math.sqrt(duel.capacity)
    return -float(ndtri(min(0.5, above / (duel.listings * (1 - worst)))))


def draw_items(
    duel: Duel, numbers: Integers, effects: Effects, random: np.random.Generator
) -> Items:
    """Draw all listings of some days on which a model's score is above `reach`.

    Counts are Poisson (the limit of the binomial for rare events); each class is drawn in
    two parts, A above the reach (truncated normal, B given A), then B above and A below.

    Parameters
    ----------
    numbers
        Day numbers for the drift, shape (days,): how often both shifts have fallen.
    """
    days, bound = len(numbers), reach(duel)
    factor = random.lognormal(-(duel.spread**2) / 2, duel.spread, days)
    bad = duel.listings * duel.prevalence * factor
    e = random.normal(0.0, effects.interplay, days)
    fall = effects.drift * numbers
    zero = np.zeros(days)
    good = _draw(duel, duel.listings - bad, (zero, zero), bound, random)
    shifts = (duel.shift_a - e / 2 - fall, duel.shift_b + e / 2 - fall)
    caught = _draw(duel, bad, shifts, bound, random)
    day, a, b = (np.concatenate(pair) for pair in zip(good, caught, strict=True))
    violates = np.arange(len(day)) >= len(good[0])
    return _with_siblings(duel, Items(day, violates, np.arange(len(day)), a, b), effects, random)


def _draw(
    duel: Duel,
    counts: Floats,
    shifts: tuple[Floats, Floats],
    bound: float,
    random: np.random.Generator,
) -> tuple[Integers, Floats, Floats]:
    """Draw a class's listings above the bound for A or for B: day and both scores."""
    parts = []
    for first, second in (shifts, shifts[::-1]):
        tail = ndtr(first - bound)
        day = np.repeat(np.arange(len(counts)), random.poisson(counts * tail))
        # 1 - u is in (0, 1]: never the infinite quantile of 0.
        z = -ndtri((1 - random.random(len(day))) * tail[day])
        other = duel.correlation * z + _rest(duel) * random.standard_normal(len(day))
        parts.append((day, z + first[day], other + second[day]))
    (day, a, b), (day_b, b_first, a_second) = parts
    new = a_second <= bound
    return (
        np.concatenate([day, day_b[new]]),
        np.concatenate([a, a_second[new]]),
        np.concatenate([b, b_first[new]]),
    )


def _with_siblings(
    duel: Duel, heads: Items, effects: Effects, random: np.random.Generator
) -> Items:
    """Turn each listing into a cluster: itself and its siblings."""
    if effects.cluster == 1:
        return heads
    of = np.repeat(heads.cluster, random.geometric(1 / effects.cluster, len(heads.day)))
    near = np.where(np.r_[False, of[1:] == of[:-1]], effects.sibling_sd, 0.0)
    u, v = random.standard_normal((2, len(of)))
    a, b = near * u, near * (duel.correlation * u + _rest(duel) * v)
    return Items(heads.day[of], heads.violates[of], of, heads.a[of] + a, heads.b[of] + b)


def _rest(duel: Duel) -> float:
    """Give the sd of one model's score given the other's."""
    return math.sqrt((1 - duel.correlation) * (1 + duel.correlation))
