"""Two models' scores on one marketplace, with precision, overlap and prevalence as asked for."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.simulation.tails import upper_tail

if TYPE_CHECKING:
    from collections.abc import Callable

NODES = 9
CLOSEST = 0.99999  # the highest correlation tried


@dataclass(frozen=True, slots=True)
class Expected:
    """What a duel's top-K lists hold on average over days.

    Attributes
    ----------
    precision_a, precision_b
        Precision@K of both models.
    overlap
        Share of the K that is on both lists.
    champion_only, candidate_only
        Precision among the items on one list alone (NaN where the lists agree).
    """

    precision_a: float
    precision_b: float
    overlap: float
    champion_only: float
    candidate_only: float


@dataclass(frozen=True)
class Duel:
    """A latent bivariate normal marketplace in which models A and B each rank all listings.

    Scores of harmless listings are standard normal for both models; violations are shifted
    by ``shift_a`` and ``shift_b``; within both classes the two scores correlate by
    ``correlation``. A day's number of violations is Poisson with mean
    ``listings * prevalence * f``, f lognormal with mean 1 and log-sd ``spread``. Labels are
    independent given the scores. What no assumption covers: other score shapes, and sellers
    who react to what is caught.

    Parameters
    ----------
    listings
        Listings a day.
    prevalence
        Share of violations among them, on average.
    capacity
        K, alerts a day.

    Examples
    --------
    >>> duel = Duel.solve(1_000_000, 0.001, 0.30, 0.33, overlap=0.7)
    >>> expected = duel.expected
    >>> round(expected.precision_a, 6), round(expected.precision_b, 6), round(expected.overlap, 6)
    (0.3, 0.33, 0.7)
    >>> round(expected.candidate_only - expected.champion_only, 6)  # (.33 - .30) / (1 - .7)
    0.1
    """

    listings: int
    prevalence: float
    shift_a: float
    shift_b: float
    correlation: float
    capacity: int = 200
    spread: float = 0.2

    @classmethod
    def solve(
        cls,
        listings: int,
        prevalence: float,
        precision_a: float,
        precision_b: float,
        overlap: float,
        capacity: int = 200,
        spread: float = 0.2,
    ) -> Duel:
        """Find shifts and correlation that give the precisions and the overlap asked for.

        Tails are in closed form, days' factors are averaged by Gauss-Hermite quadrature, and
        each of the three unknowns is the root of a monotone function: nothing is tuned.

        Raises
        ------
        InvalidInputError
            For values out of range, a precision that too few violations allow, or an overlap
            that two such different precisions rule out.
        """
        asked = {"precision_a": precision_a, "precision_b": precision_b}
        _refuse(listings, prevalence, overlap, capacity, spread, asked)
        start = cls(listings, prevalence, 0.0, 0.0, 0.0, capacity, spread)
        shift_a, shift_b = (start._shift(name, value) for name, value in asked.items())
        shifted = replace(start, shift_a=shift_a, shift_b=shift_b)

        def overlap_at(correlation: float) -> float:
            return replace(shifted, correlation=correlation).expected.overlap

        if overlap_at(CLOSEST) < overlap or overlap_at(-0.9) > overlap:
            raise InvalidInputError(
                FieldProblem(
                    "overlap",
                    f"{overlap} cannot be had with precisions {precision_a} and {precision_b}",
                    f"give {overlap_at(-0.9):.2f} to {overlap_at(CLOSEST):.2f}",
                )
            )
        root = _root(lambda r: overlap_at(r) - overlap, -0.9, CLOSEST)
        return replace(shifted, correlation=root)

    def factors(self) -> tuple[list[float], list[float]]:
        """Give day factors and their weights: quadrature over the lognormal of mean 1."""
        if not self.spread:
            return [1.0], [1.0]
        nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
        factors = np.exp(self.spread * nodes - self.spread**2 / 2)
        return factors.tolist(), (weights / weights.sum()).tolist()

    def threshold(self, shift: float, factor: float = 1.0) -> float:
        """Give the score above which K listings are expected on a day of a factor."""
        bad = self.listings * self.prevalence * factor
        good = self.listings - bad

        def excess(t: float) -> float:
            return float(good * ndtr(-t) + bad * ndtr(shift - t)) - self.capacity

        highest = -float(ndtri(self.capacity / self.listings / 4)) + abs(shift) + 1
        return _root(excess, -10.0 - abs(shift), highest)

    @cached_property
    def expected(self) -> Expected:
        """Average precision, overlap and precision outside the overlap."""
        sums, weights = np.zeros(4), self.factors()
        for factor, weight in zip(*weights, strict=True):
            a, b = (self.threshold(s, factor) for s in (self.shift_a, self.shift_b))
            bad = self.listings * self.prevalence * factor
            both = bad * upper_tail(a - self.shift_a, b - self.shift_b, self.correlation)
            hits = bad * ndtr(self.shift_a - a), bad * ndtr(self.shift_b - b)
            shared = both + (self.listings - bad) * upper_tail(a, b, self.correlation)
            sums += weight * np.array([*hits, shared, both])
        a_hits, b_hits, shared, both = (sums / self.capacity).tolist()
        alone = 1 - shared
        only = [(x - both) / alone if alone > 0 else math.nan for x in (a_hits, b_hits)]
        return Expected(a_hits, b_hits, shared, *only)

    def interplay(self, sd: float) -> float:
        """Turn the sd of the precisions' difference outside the overlap into one of shifts.

        A day-by-model effect e moves ``shift_a`` by -e/2 and ``shift_b`` by +e/2. Gives the
        sd of e at which candidate-only minus champion-only precision has the sd asked for,
        by the slope at e = 0.

        Examples
        --------
        >>> round(Duel.solve(1_000_000, 0.001, 0.30, 0.30, overlap=0.7).interplay(0.05), 3)
        0.031
        """
        step = 0.01
        gaps = []
        for e in (-step, step):
            moved = replace(self, shift_a=self.shift_a - e / 2, shift_b=self.shift_b + e / 2)
            gaps.append(moved.expected.candidate_only - moved.expected.champion_only)
        return sd * 2 * step / (gaps[1] - gaps[0])

    def _shift(self, name: str, precision: float) -> float:
        """Find the shift at which Precision@K, averaged over days, is as asked for."""

        def precision_at(shift: float) -> float:
            total = 0.0
            for factor, weight in zip(*self.factors(), strict=True):
                bad = self.listings * self.prevalence * factor
                total += weight * bad * float(ndtr(shift - self.threshold(shift, factor)))
            return total / self.capacity

        low, high = precision_at(0.0), precision_at(20.0)
        if not low <= precision < high:
            raise InvalidInputError(
                FieldProblem(
                    name,
                    f"{precision} cannot be had at this prevalence and capacity",
                    f"give {low:.3g} to {high:.3g}",
                )
            )
        return _root(lambda s: precision_at(s) - precision, 0.0, 20.0)


def _root(f: Callable[[float], float], low: float, high: float) -> float:
    return float(brentq(f, low, high, xtol=1e-12, rtol=1e-14))


def _refuse(
    listings: int,
    prevalence: float,
    overlap: float,
    capacity: int,
    spread: float,
    precisions: dict[str, float],
) -> None:
    inside = {"prevalence": prevalence, "overlap": overlap, **precisions}
    problems = [
        FieldProblem(name, f"is {value}", "give more than 0 and less than 1")
        for name, value in inside.items()
        if not 0 < value < 1
    ]
    if not 0 < capacity < listings / 4:
        problems.append(
            FieldProblem("capacity", f"is {capacity}", "give 1 to a quarter of the listings a day")
        )
    if not 0 <= spread <= 1:
        problems.append(FieldProblem("spread", f"is {spread}", "give 0 to 1"))
    if problems:
        raise InvalidInputError(*problems)
