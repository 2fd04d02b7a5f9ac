"""What a campaign's labels yield so far, and whether that is surely too little."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import msgspec

from mimawari.evaluation.bootstrap import Interval
from mimawari.evaluation.futility import futility_trajectory
from mimawari.evaluation.intervals import beta_binomial_sequence

if TYPE_CHECKING:
    from collections.abc import Sequence


class Yield(msgspec.Struct, frozen=True):
    """Violations among clear verdicts, with an interval that holds whenever one looks."""

    labels: int
    violations: int
    share: Interval


def yield_of(outcomes: Sequence[int], level: float = 0.95) -> Yield:
    """Give the yield of labels: 1 violates, 0 does not.

    Examples
    --------
    >>> found = yield_of([1, 0, 0, 1])
    >>> found.violations, found.share.value
    (2, 0.5)
    """
    violations = sum(outcomes)
    return Yield(
        len(outcomes), violations, beta_binomial_sequence(violations, len(outcomes), level)
    )


def surely_below(outcomes: Sequence[int], least: float, error: float) -> bool:
    """Whether a campaign yields less than it has to.

    Where each label violates with a chance of at least ``least``, given those before it, this is
    ever true with a probability of ``error`` at most, however often one looks: the bets of
    `futility_trajectory` on less than ``least`` are worth ``1 / error`` then at most so often
    (Ville 1939). The chance need not stay the same: a campaign takes the surest first.

    Parameters
    ----------
    outcomes
        In the order in which they were decided.

    Examples
    --------
    >>> surely_below([0] * 60, 0.1, 0.05), surely_below([0] * 10, 0.1, 0.05)
    (True, False)
    """
    if least <= 0 or not outcomes:
        return False
    return float(futility_trajectory(outcomes, least)[-1]) >= -math.log(error)
