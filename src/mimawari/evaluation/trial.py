"""The rule that ends a trial: promote, reject, or go on; every estimate behind it.

A trial is a fold over its steps in the order of assignment: the same steps and labels give the
same evidence whenever, wherever and how often it is computed. It ends at the first step whose
label is open, for taking later ones first lets quick answers in and slow ones wait, which biases
the comparison.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import binomtest

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.evaluation.blocks import GRID, PRIOR, block_trajectory
from mimawari.evaluation.difference import difference_interval
from mimawari.evaluation.dispersion import dispersion_trajectory
from mimawari.evaluation.futility import futility_trajectory
from mimawari.evaluation.mcnemar import mcnemar_trajectory, strict_weights

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


class Outcome(StrEnum):
    """What the evidence says now."""

    CONTINUE = "continue"
    PROMOTE = "promote"
    REJECT = "reject"
    UNDECIDED = "undecided"


class Carry(StrEnum):
    """What an online trial takes over from its back-test."""

    NONE = "none"
    POOLED = "pooled"
    STRICT = "strict"


@dataclass(frozen=True, slots=True)
class Rule:
    """When a trial ends.

    Parameters
    ----------
    capacity
        K, reviews of the topic a day.
    alpha
        Chance of promoting a candidate that is no better.
    beta
        Chance of rejecting one that is better by the smallest useful gain.
    smallest_gain
        In Precision@K.
    minimum_days
        Days that must have been seen before a promotion.
    phi_limit
        Dispersion over which the threshold is raised in proportion.

    Raises
    ------
    InvalidInputError
        For values outside of their range, all of them named.
    """

    capacity: int
    alpha: float = 0.05
    beta: float = 0.1
    smallest_gain: float = 0.03
    minimum_days: int = 3
    phi_limit: float = 1.1

    def __post_init__(self) -> None:
        problems = [
            FieldProblem(name, f"is {value}", "give a number between 0 and 1, both excluded")
            for name, value in (
                ("alpha", self.alpha),
                ("beta", self.beta),
                ("smallest_gain", self.smallest_gain),
            )
            if not 0 < value < 1
        ]
        if self.capacity < 1:
            problems.append(FieldProblem("capacity", f"is {self.capacity}", "give 1 or more"))
        if self.minimum_days < 1:
            problems.append(
                FieldProblem("minimum_days", f"is {self.minimum_days}", "give 1 or more")
            )
        if problems:
            raise InvalidInputError(*problems)


@dataclass(frozen=True, slots=True)
class Step:
    """One label of the candidate's list against one or more of the champion's.

    Parameters
    ----------
    day
        Any number that tells days apart.
    candidate
        1 violates, 0 does not, None is open.
    hits
        Violations among the champion's items; None where one of them is open.
    items
        The champion's items: 1 in a pair, r known labels in a back-test that reuses them.
    missing
        Nobody can tell: the worst case counts, for the candidate 0, for the champion all.
    """

    day: int
    candidate: int | None
    hits: int | None
    items: int = 1
    missing: bool = False


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the steps taken so far say.

    Parameters
    ----------
    log_e, log_f
        Evidence for a better candidate, and against a useful gain, after each step; nats.
    low, high
        Confidence sequence of the gain in Precision@K; level 1 - alpha.
    gain
        Estimate of the gain in Precision@K; NaN without steps.
    at
        Number of steps after which the outcome stood; None while it does not.
    """

    outcome: Outcome
    statement: str
    steps: int
    days: int
    champion_hits: int
    champion_items: int
    candidate_hits: int
    gain: float
    low: float
    high: float
    dispersion: float
    at: int | None = None
    log_e: Floats = field(default_factory=lambda: np.zeros(0))
    log_f: Floats = field(default_factory=lambda: np.zeros(0))
    log_weights: Floats = field(default_factory=lambda: np.zeros(0))


@dataclass(frozen=True, slots=True)
class _Taken:
    """The closed steps as columns."""

    day: NDArray[np.int64]
    y: Floats
    hits: Floats
    items: Floats

    @property
    def differences(self) -> Floats:
        return np.asarray(self.y - self.hits / self.items)

    @property
    def days(self) -> NDArray[np.int64]:
        first = np.zeros(len(self.day), np.int64)
        first[np.unique(self.day, return_index=True)[1]] = 1
        return np.cumsum(first)


def _take(steps: Iterable[Step]) -> _Taken:
    """Take steps up to the first open one."""
    rows = list(steps)
    y = np.array([one.candidate for one in rows], np.float64)  # None becomes NaN
    hits = np.array([one.hits for one in rows], np.float64)
    items = np.array([one.items for one in rows], np.float64)
    missing = np.array([one.missing for one in rows], np.bool_)
    y[missing & np.isnan(y)] = 0.0
    hits = np.where(missing & np.isnan(hits), items, hits)
    still_open = np.flatnonzero(np.isnan(y) | np.isnan(hits))
    n = int(still_open[0]) if len(still_open) else len(rows)
    day = np.array([one.day for one in rows[:n]], np.int64)
    return _Taken(day, y[:n], hits[:n], items[:n])


def evaluate_backtest(
    steps: Sequence[Step],
    rule: Rule,
    differing: float,
    prior: tuple[float, float] = PRIOR,
    grid: Sequence[float] = GRID,
    exhausted: bool = False,
) -> Evidence:
    """Evaluate a back-test that reuses the champion's labels (see `block_trajectory`).

    Valid where old and new labels were made by the same standard.

    Parameters
    ----------
    differing
        Items a day that only one list has, on average.
    prior
        Hits and misses of the champion's items before the window, added to `PRIOR`.
    exhausted
        Whether no step can follow.

    Examples
    --------
    >>> steps = [Step(day % 14, 1, 0, 2) for day in range(40)]
    >>> found = evaluate_backtest(steps, Rule(200, minimum_days=14), differing=60)
    >>> found.outcome.value, found.at
    ('promote', 14)
    """
    taken = _take(steps)
    log_e, log_weights = block_trajectory(taken.hits, taken.items, taken.y, grid, prior)
    return _conclude(taken, log_e, log_weights, rule, differing, exhausted)


def evaluate_pairs(
    steps: Sequence[Step],
    rule: Rule,
    differing: float,
    log_weights: Sequence[float] | None = None,
    carry: Carry = Carry.NONE,
    grid: Sequence[float] = GRID,
    exhausted: bool = False,
) -> Evidence:
    """Evaluate pairs, from a back-test with fresh labels or online (see `mcnemar_trajectory`).

    Parameters
    ----------
    log_weights
        A back-test's final ones, taken over as ``carry`` says: *pooled* goes on with its
        evidence, which needs the window and today to be alike; *strict* starts anew and lets
        it choose the bets only, which needs nothing. The grid must be the same.

    Examples
    --------
    >>> steps = [Step(day % 3, 1, 0) for day in range(12)]
    >>> found = evaluate_pairs(steps, Rule(200), differing=60)
    >>> found.outcome.value, found.at, found.statement.split(":")[0]
    ('promote', 8, 'Promote')
    """
    taken = _take(steps)
    start = None
    if log_weights is not None and carry != Carry.NONE:
        start = strict_weights(log_weights) if carry == Carry.STRICT else np.asarray(log_weights)
    log_e, final = mcnemar_trajectory(taken.hits, taken.y, grid, start)
    return _conclude(taken, log_e, final, rule, differing, exhausted)


def evaluate_split(
    steps: Sequence[Step], rule: Rule, differing: float, exhausted: bool = False
) -> Evidence:
    """Evaluate the published design: half of the capacity each, and one look at the end.

    The exact one-sided McNemar test on the discordant pairs, at the fixed horizon only. Until
    then the outcome is to continue, whatever the figures say: peeking at 30 days would promote
    a third of the candidates that are no better.

    Examples
    --------
    >>> steps = [Step(0, 1, 0)] * 35 + [Step(0, 0, 1)] * 15
    >>> evaluate_split(steps, Rule(100), 50, exhausted=True).outcome.value
    'promote'
    """
    taken = _take(steps)
    n = len(taken.y)
    silent = replace(rule, beta=1e-300)
    found = _conclude(taken, np.full(n, -np.inf), np.zeros(0), silent, differing, exhausted)
    if found.outcome == Outcome.REJECT:
        return found
    if not exhausted or not n:
        said = "Going on: this design is looked at once, when its days are over."
        return replace(found, outcome=Outcome.CONTINUE, statement=said)
    wins = int((taken.y > taken.hits).sum())
    losses = int((taken.y < taken.hits).sum())
    p = binomtest(wins, wins + losses, alternative="greater").pvalue if wins + losses else 1.0
    if p <= rule.alpha:
        said = f"Promote: {wins} wins to {losses}, exact McNemar test at the end, p = {p:.3g}."
        return replace(found, outcome=Outcome.PROMOTE, statement=said, at=n)
    said = (
        f"No useful difference was shown: {wins} wins to {losses}, p = {p:.3g}. Keep the champion."
    )
    return replace(found, outcome=Outcome.UNDECIDED, statement=said, at=n)


def _conclude(
    taken: _Taken,
    log_e: Floats,
    log_weights: Floats,
    rule: Rule,
    differing: float,
    exhausted: bool,
) -> Evidence:
    """Find the first step at which the rule ends the trial, and say so."""
    share = differing / rule.capacity
    n, days = len(taken.y), taken.days
    d = taken.differences
    phi = dispersion_trajectory(taken.day, d)
    low, high = _interval(d, rule.alpha, share)
    found = Evidence(
        Outcome.CONTINUE,
        "",
        n,
        int(days[-1]) if n else 0,
        int(taken.hits.sum()),
        int(taken.items.sum()),
        int(taken.y.sum()),
        float(d.mean()) * share if n else math.nan,
        low,
        high,
        float(phi[-1]) if n else 1.0,
        log_e=log_e,
        log_weights=log_weights,
    )
    if share <= rule.smallest_gain:
        return _too_alike(found, rule, differing)
    log_f = futility_trajectory(d, rule.smallest_gain / share)
    found = replace(found, log_f=log_f)
    asked = math.log(1 / rule.alpha) * np.where(phi > rule.phi_limit, phi, 1.0)
    promote = _first((log_e >= asked) & (days >= rule.minimum_days))
    reject = _first(log_f >= math.log(1 / rule.beta))
    if promote is not None and (reject is None or promote <= reject):
        return replace(
            found,
            outcome=Outcome.PROMOTE,
            at=promote,
            statement=_promoted(rule, log_e[promote - 1]),
        )
    if reject is not None:
        return replace(found, outcome=Outcome.REJECT, at=reject, statement=_rejected(rule))
    if exhausted:
        said = "No useful difference was shown with the reviews there were. Keep the champion."
        return replace(found, outcome=Outcome.UNDECIDED, at=n, statement=said)
    return replace(
        found, statement=_going_on(found, rule, float(asked[-1]) if n else math.log(1 / rule.alpha))
    )


def _first(reached: NDArray[np.bool_]) -> int | None:
    """Count the steps until the first that is reached."""
    at = np.flatnonzero(reached)
    return int(at[0]) + 1 if len(at) else None


def _interval(d: Floats, alpha: float, share: float) -> tuple[float, float]:
    """Give the confidence sequence of the gain.

    A block's difference is a fraction: it counts as that part of a win, which makes the interval
    wider than its own capital would (the logarithm is concave).
    """
    wins, losses = float(np.clip(d, 0, None).sum()), float(-np.clip(d, None, 0).sum())
    low, high = difference_interval(wins, len(d) - wins - losses, losses, alpha)
    return low * share, high * share


def _too_alike(found: Evidence, rule: Rule, differing: float) -> Evidence:
    if differing == 0:
        said = "The lists are the same: there is nothing to compare. Keep the champion."
    else:
        said = (
            f"Reject: the lists differ in {differing:.3g} of {rule.capacity} items a day, too few "
            f"for a gain of {rule.smallest_gain:.3g} in Precision@K."
        )
    return replace(found, outcome=Outcome.REJECT, at=0, statement=said)


def _promoted(rule: Rule, log_e: float) -> str:
    return (
        f"Promote: the evidence is {math.exp(min(log_e, 700.0)):,.0f} to 1. A candidate that finds "
        f"no more violations would get this far in at most {rule.alpha:.0%} of trials, however "
        "often they are looked at."
    )


def _rejected(rule: Rule) -> str:
    return (
        f"Reject: a candidate better by {rule.smallest_gain:.3g} in Precision@K would look this "
        f"bad in at most {rule.beta:.0%} of trials, however often they are looked at."
    )


def _going_on(found: Evidence, rule: Rule, asked: float) -> str:
    if not found.steps:
        return "No review is in yet."
    reached, needed = math.exp(min(found.log_e[-1], 700.0)), math.exp(asked)
    said = f"Going on: the evidence is {reached:.3g} to 1 of the {needed:.3g} asked for"
    if found.days < rule.minimum_days:
        said += f", and {found.days} of at least {rule.minimum_days} days are in"
    return said + "."
