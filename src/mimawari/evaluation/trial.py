"""The rule that ends a trial: promote, reject, or go on; every estimate behind it.

A trial is a fold over its steps in the order of assignment: the same steps and labels give the
same evidence whenever, wherever and how often it is computed. It ends at the first step whose
label is open, for taking later ones first lets quick answers in and slow ones wait, which biases
the comparison.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.evaluation.blocks import GRID, PRIOR, block_trajectory
from mimawari.evaluation.difference import difference_interval
from mimawari.evaluation.dispersion import dispersion_trajectory
from mimawari.evaluation.evidence import Carry, Evidence, Outcome, Rule, Step
from mimawari.evaluation.futility import futility_trajectory
from mimawari.evaluation.mcnemar import mcnemar_trajectory, strict_weights
from mimawari.evaluation.statements import going_on, one_sided, promoted, rejected, too_alike

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["Carry", "Evidence", "Outcome", "Rule", "Step", "evaluate_backtest", "evaluate_pairs"]


@dataclass(frozen=True, slots=True)
class Taken:
    """Closed steps as columns, in the order of assignment; shape (n,) each."""

    day: NDArray[np.int64]
    y: Floats
    hits: Floats
    items: Floats

    @property
    def differences(self) -> Floats:
        """Candidate's label less the champion's share."""
        return np.asarray(self.y - self.hits / self.items)

    @property
    def days(self) -> NDArray[np.int64]:
        """Days seen after each step."""
        first = np.zeros(len(self.day), np.int64)
        first[np.unique(self.day, return_index=True)[1]] = 1
        return np.cumsum(first)


def take(steps: Iterable[Step]) -> Taken:
    """Take steps up to the first open one.

    Raises
    ------
    InvalidInputError
        For labels other than 0 and 1, or hits that are no count of the items.

    Examples
    --------
    >>> take([Step(0, 1, 0), Step(0, None, 1, missing=True), Step(0, None, 1)]).y.tolist()
    [1.0, 0.0]
    """
    rows = list(steps)
    y = np.array([step.candidate for step in rows], np.float64)  # None becomes NaN
    hits = np.array([step.hits for step in rows], np.float64)
    items = np.array([step.items for step in rows], np.float64)
    missing = np.array([step.missing for step in rows], np.bool_)
    y[missing & np.isnan(y)] = 0.0
    hits = np.where(missing & np.isnan(hits), items, hits)
    still_open = np.flatnonzero(np.isnan(y) | np.isnan(hits))
    n = int(still_open[0]) if len(still_open) else len(rows)
    bad = ((y != 0) & (y != 1)) | (items < 1) | (hits < 0) | (hits > items)
    if bad[:n].any():
        at = int(np.flatnonzero(bad[:n])[0])
        raise InvalidInputError(
            FieldProblem(
                f"steps[{at}]",
                f"is {rows[at]}",
                "give candidate 0, 1 or None, items 1 or more, hits from 0 to items",
            )
        )
    day = np.array([step.day for step in rows[:n]], np.int64)
    return Taken(day, y[:n], hits[:n], items[:n])


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
    >>> evidence = evaluate_backtest(steps, Rule(200, minimum_days=14), differing=60)
    >>> evidence.outcome.value, evidence.at
    ('promote', 14)
    """
    taken = take(steps)
    log_e, log_weights = block_trajectory(taken.hits, taken.items, taken.y, grid, prior)
    return conclude(taken, log_e, log_weights, rule, differing, exhausted)


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
    >>> evidence = evaluate_pairs(steps, Rule(200), differing=60)
    >>> evidence.outcome.value, evidence.at, evidence.statement.split(":")[0]
    ('promote', 8, 'Promote')
    """
    taken = take(steps)
    start = None
    if log_weights is not None and carry != Carry.NONE:
        start = strict_weights(log_weights) if carry == Carry.STRICT else np.asarray(log_weights)
    log_e, final = mcnemar_trajectory(taken.hits, taken.y, grid, start)
    return conclude(taken, log_e, final, rule, differing, exhausted)


def conclude(
    taken: Taken,
    log_e: Floats,
    log_weights: Floats,
    rule: Rule,
    differing: float,
    exhausted: bool,
) -> Evidence:
    """Find the first step at which the rule ends the trial, and say so."""
    evidence = describe(taken, rule, differing)
    share = differing / rule.capacity
    if share <= rule.smallest_gain:
        return too_alike(evidence, rule, differing)
    days = taken.days
    phi = dispersion_trajectory(taken.day, taken.differences)
    log_f = futility_trajectory(taken.differences, rule.smallest_gain / share)
    last = float(phi[-1]) if len(phi) else 1.0
    evidence = replace(evidence, dispersion=last, log_e=log_e, log_f=log_f, log_weights=log_weights)
    asked = math.log(1 / rule.alpha) * np.where(phi > rule.phi_limit, phi, 1.0)
    promote = _first((log_e >= asked) & (days >= rule.minimum_days))
    reject = _first(log_f >= math.log(1 / rule.beta))
    if promote is not None and (reject is None or promote <= reject):
        statement = promoted(rule, float(log_e[promote - 1]))
        return replace(evidence, outcome=Outcome.PROMOTE, at=promote, statement=statement)
    if reject is not None and _constant(taken, reject):
        statement = one_sided(bool(taken.y[0]), int(taken.items[:reject].sum()) + reject)
        return replace(evidence, outcome=Outcome.UNDECIDED, at=reject, statement=statement)
    if reject is not None:
        return replace(evidence, outcome=Outcome.REJECT, at=reject, statement=rejected(rule))
    if exhausted:
        statement = "No useful difference was shown with the reviews there were. Keep the champion."
        return replace(evidence, outcome=Outcome.UNDECIDED, at=evidence.steps, statement=statement)
    needed = float(asked[-1]) if len(asked) else math.log(1 / rule.alpha)
    return replace(evidence, statement=going_on(evidence, rule, needed))


def describe(taken: Taken, rule: Rule, differing: float) -> Evidence:
    """Count and estimate, without a decision.

    Raises
    ------
    InvalidInputError
        Where the lists would differ in more items than they have.
    """
    if not 0 <= differing <= rule.capacity:
        raise InvalidInputError(
            FieldProblem(
                "differing",
                f"is {differing:.4g} of a capacity of {rule.capacity}",
                "give the mean number of items a day that only one list has, from 0 to capacity",
            )
        )
    share = differing / rule.capacity
    d, n = taken.differences, len(taken.y)
    low, high = _interval(d, rule.alpha, share)
    return Evidence(
        Outcome.CONTINUE,
        "",
        steps=n,
        days=int(taken.days[-1]) if n else 0,
        champion_hits=int(taken.hits.sum()),
        champion_items=int(taken.items.sum()),
        candidate_hits=int(taken.y.sum()),
        gain=float(d.mean()) * share if n else math.nan,
        low=low,
        high=high,
        dispersion=1.0,
    )


def _constant(taken: Taken, n: int) -> bool:
    """Tell whether the first n steps have one label only: then they tell nothing."""
    y = taken.y[0]
    return bool((taken.y[:n] == y).all() and (taken.hits[:n] == y * taken.items[:n]).all())


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
    ties = max(0.0, len(d) - wins - losses)
    low, high = difference_interval(wins, ties, losses, alpha)
    return low * share, high * share
