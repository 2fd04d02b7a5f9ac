"""How often a detector may be wrong, and what is no change yet."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mimawari.errors import FieldProblem, InvalidInputError

# One false alarm in 30 days at 1.5 million listings a day.
RUN_LENGTH = 45_000_000
BATCH = 100


@dataclass(frozen=True, slots=True)
class Rule:
    """When a change is told.

    Parameters
    ----------
    run_length
        Listings that pass on average, at least, before the first false alarm of all streams.
    batch
        Listings that are counted at once.
    tolerance
        Factor of the odds by which a share may be off its reference: 1.04 is one point at a
        share of one half, .4 points at a tenth.
    factors
        Changes that are bet on, as factors of the odds; each up and down. Ten points are a
        factor of 1.5 or more.

    Raises
    ------
    InvalidInputError
        For values outside of their range, all of them named.

    Examples
    --------
    >>> Rule().least_evidence
    450000.0
    """

    run_length: int = RUN_LENGTH
    batch: int = BATCH
    tolerance: float = 1.04
    factors: tuple[float, ...] = (1.3, 1.6, 3.0)

    def __post_init__(self) -> None:
        problems = [
            FieldProblem(name, f"is {value}", "give 1 or more")
            for name, value in (("batch", self.batch), ("tolerance", self.tolerance))
            if not value >= 1
        ]
        if self.run_length <= self.batch:
            problems.append(
                FieldProblem("run_length", f"is {self.run_length}", "give more than a batch")
            )
        if not self.factors or min(self.factors) <= self.tolerance:
            problems.append(
                FieldProblem("factors", f"are {self.factors}", "give some beyond the tolerance")
            )
        if problems:
            raise InvalidInputError(*problems)

    @property
    def least_evidence(self) -> float:
        """The mean evidence of a stream at which a change is told: the run length in batches."""
        return self.run_length / self.batch

    @property
    def odds(self) -> tuple[float, ...]:
        """What is bet on, as differences in log odds."""
        return tuple(sign * math.log(factor) for factor in self.factors for sign in (1, -1))
