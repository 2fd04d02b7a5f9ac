"""Moderators who err at known rates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mimawari.errors import FieldProblem, InvalidInputError


@dataclass(frozen=True, slots=True)
class Moderator:
    """Decides from the truth, wrongly at given rates.

    The same moderator decides the same case alike, however often and in whatever order it is
    asked; errors of different cases and of different seeds are independent.

    Parameters
    ----------
    sensitivity
        Share of violations called so.
    specificity
        Share of the rest called so.
    seed
        Who the moderator is.

    Raises
    ------
    InvalidInputError
        For a rate outside 0 to 1 or a negative seed.

    Examples
    --------
    >>> perfect = Moderator(1.0, 1.0, seed=0)
    >>> perfect.decide("L1", "weapons", True), perfect.decide("L1", "weapons", False)
    (True, False)
    """

    sensitivity: float
    specificity: float
    seed: int

    def __post_init__(self) -> None:
        rates = {"sensitivity": self.sensitivity, "specificity": self.specificity}
        problems = [
            FieldProblem(name, f"is {rate}", "give 0 to 1")
            for name, rate in rates.items()
            if not 0 <= rate <= 1
        ]
        if self.seed < 0:
            problems.append(FieldProblem("seed", f"is {self.seed}", "give 0 or more"))
        if problems:
            raise InvalidInputError(*problems)

    def decide(self, listing_id: str, topic: str, violates: bool) -> bool:
        """Say whether the listing violates the topic, given the truth."""
        case = f"{len(listing_id)}:{listing_id}{topic}".encode("utf-8", "surrogatepass")
        chance = np.random.default_rng([self.seed, *case]).random()
        right = chance < (self.sensitivity if violates else self.specificity)
        return violates if right else not violates
