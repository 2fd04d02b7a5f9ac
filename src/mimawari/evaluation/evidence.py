"""What a trial is given and what it says: its rule, its steps, its evidence."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
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
