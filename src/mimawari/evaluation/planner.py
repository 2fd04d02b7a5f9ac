"""What a comparison will cost, before it starts: reviews and days, by design."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.evaluation.blocks import grid_for
from mimawari.evaluation.information import information, lower_bound
from mimawari.evaluation.power import pair_power, reuse_power
from mimawari.evaluation.split import reviews_each

if TYPE_CHECKING:
    from mimawari.evaluation.power import Power

DECIDED = 0.8


@dataclass(frozen=True, slots=True)
class Inputs:
    """What is known or guessed before a comparison.

    Parameters
    ----------
    capacity
        K, reviews of the topic a day.
    differing
        Items a day that only one list has, ``K (1 - overlap)``.
    p_a
        Violations among the items that only the champion lists.
    precision
        The champion's Precision@K.
    gain
        Of the candidate in Precision@K: the smallest useful one, or the one hoped for.
    listings
        A day; 0 where unknown.
    window_days, reviews_per_day
        Of the back-test.
    minimum_days
        Of a comparison online.
    most_weeks
        After which a comparison is not worth its time.
    dispersion
        See `dispersion_trajectory`; over 1.1 the evidence asked for rises with it.

    Raises
    ------
    InvalidInputError
        For values outside of their range, all of them named.
    """

    capacity: int
    differing: float
    p_a: float
    precision: float
    gain: float = 0.03
    alpha: float = 0.05
    beta: float = 0.2
    listings: int = 0
    window_days: int = 28
    reviews_per_day: int = 50
    minimum_days: int = 3
    most_weeks: float = 8.0
    dispersion: float = 1.0

    def __post_init__(self) -> None:
        shares = ("p_a", "precision", "gain", "alpha", "beta")
        problems = [
            FieldProblem(name, f"is {getattr(self, name)}", "give a number from 0 to below 1")
            for name in shares
            if not (0 <= getattr(self, name) < 1)
        ]
        problems += [
            FieldProblem(name, "is 0", "give a number above 0")
            for name in ("gain", "alpha", "beta")
            if getattr(self, name) == 0
        ]
        problems += [
            FieldProblem(name, f"is {getattr(self, name)}", "give 1 or more")
            for name in ("capacity", "window_days", "reviews_per_day", "dispersion", "minimum_days")
            if not getattr(self, name) >= 1
        ]
        if self.most_weeks <= 0:
            problems.append(FieldProblem("most_weeks", f"is {self.most_weeks}", "give more than 0"))
        if not 0 <= self.differing <= self.capacity:
            remedy = "give the items a day that only one list has, from 0 to capacity"
            problems.append(FieldProblem("differing", f"is {self.differing}", remedy))
        if 0 < self.listings < self.capacity:
            remedy = f"give {self.listings} or less, the listings of a day"
            problems.append(FieldProblem("capacity", f"is {self.capacity}", remedy))
        if problems:
            raise InvalidInputError(*problems)

    @property
    def p_b(self) -> float:
        """Violations among the items that only the candidate lists, if the gain is real."""
        return self.p_a + self.gain * self.capacity / self.differing if self.differing else math.inf


@dataclass(frozen=True, slots=True)
class Design:
    """The cost of one design.

    Parameters
    ----------
    name
        reuse, fresh, safe, fast or split.
    bound
        Fewest reviews expected of any such test (see `lower_bound`); NaN for split.
    reviews, most_reviews
        Median, and what decides with power 0.8; infinite where not reached.
    days, most_days
        The same in days; the back-tests' are days of reviewing, not of traffic.
    curve
        Reviews and the chance of a decision by then, for the picture.
    """

    name: str
    bound: float
    reviews: float
    most_reviews: float
    days: float
    most_days: float
    curve: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """The designs, best first, whether any decides in time, and a sentence."""

    designs: tuple[Design, ...]
    decidable: bool
    statement: str

    def design(self, name: str) -> Design:
        """Give a design by its name."""
        return next(design for design in self.designs if design.name == name)


def plan(given: Inputs) -> Plan:
    """Plan a comparison.

    Pairs (fresh, safe, fast) are computed exactly, reused labels by 1,000 seeded runs of the
    test itself, the split from the formula of the z-test, whose gain must be known beforehand.
    All take labels as independent with the rates given.

    Examples
    --------
    >>> planned = plan(Inputs(200, 60, 0.144, precision=0.3))
    >>> [(design.name, round(design.bound)) for design in planned.designs[:2]]
    [('reuse', 86), ('fast', 374)]
    >>> print(plan(Inputs(200, 4, 0.144, precision=0.3)).statement)
    Not decidable: lists that differ in 4 of 200 items cannot gain 0.03 in Precision@K.
    """
    refusal = _impossible(given)
    if refusal:
        return Plan((), decidable=False, statement=refusal)
    info = information(given.p_a, given.p_b)
    bound = lower_bound(info.pair, given.alpha)
    threshold = _threshold(given)
    grid = grid_for(given.p_a)
    reuse = reuse_power(given.p_a, given.p_b, given.differing, given.window_days, threshold, grid)
    pairs = pair_power(given.p_a, given.p_b, threshold, grid)
    least = given.minimum_days
    m, k, a_day = given.differing, given.capacity, given.reviews_per_day
    designs = [
        _design("reuse", lower_bound(info.reuse, given.alpha), reuse, a_day, 1 - given.beta),
        _design("fresh", bound, pairs, a_day, 1 - given.beta, m * given.window_days * 2),
        _design("fast", bound, pairs, min(2 * m, k), 1 - given.beta, least_days=least),
        _design("safe", bound, pairs, m, 1 - given.beta, least_days=least),
        _split(given),
    ]
    designs.sort(key=lambda design: (design.most_days, design.most_reviews))
    best = designs[0]
    decidable = best.most_days <= given.most_weeks * 7
    return Plan(tuple(designs), decidable, _statement(given, best, decidable))


def _impossible(given: Inputs) -> str:
    if given.differing == 0:
        return "Not decidable: the lists are the same, there is nothing to compare."
    if given.p_b >= 1:
        return (
            f"Not decidable: lists that differ in {given.differing:.3g} of {given.capacity} items "
            f"cannot gain {given.gain:.3g} in Precision@K."
        )
    return ""


def _threshold(given: Inputs) -> float:
    raised = given.dispersion if given.dispersion > 1.1 else 1.0
    return raised * math.log(1 / given.alpha)


def _design(
    name: str,
    bound: float,
    power: Power,
    a_day: float,
    wanted: float,
    most: float = math.inf,
    least_days: int = 1,
) -> Design:
    middle, late = (
        reviews if (reviews := power.reviews_for(share)) <= most else math.inf
        for share in (0.5, wanted)
    )
    days = [
        math.ceil(reviews / a_day) if reviews < math.inf else math.inf for reviews in (middle, late)
    ]
    return Design(name, bound, middle, late, days[0], days[1], power.curve())


def _split(given: Inputs) -> Design:
    """Plan the published design for the same power; its length is fixed."""
    each = math.inf
    if given.precision + given.gain < 1:
        better = given.precision + given.gain
        each = reviews_each(given.precision, better, given.alpha, 1 - given.beta)
    days = math.ceil(each / (given.capacity / 2)) if each < math.inf else math.inf
    reviews = days * given.capacity
    return Design("split", math.nan, reviews, reviews, days, days, ((reviews, 1 - given.beta),))


def _statement(given: Inputs, best: Design, decidable: bool) -> str:
    if not decidable:
        longest = (
            f"the best design takes {_days(best.most_days)}"
            if best.most_days < math.inf
            else "no design gets there with the labels there are"
        )
        return (
            f"Not decidable within {given.most_weeks:.3g} weeks: {longest}. Look for a larger "
            "gain, or for a topic with more capacity."
        )
    return (
        f"Decidable: by {best.name} with {best.reviews:,.0f} reviews in half of all cases and "
        f"{best.most_reviews:,.0f} in {1 - given.beta:.0%} of them, {_days(best.most_days)}."
    )


def _days(days: float) -> str:
    return "1 day" if days == 1 else f"{days:,.0f} days"
