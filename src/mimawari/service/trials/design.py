"""The parameters of a trial, frozen when it starts."""

from __future__ import annotations

from datetime import datetime  # read by msgspec when the type is used
from typing import TYPE_CHECKING, Any

import msgspec

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.evaluation.trial import Carry, Rule

if TYPE_CHECKING:
    from mimawari.service.trials.models import Trial

MODES = {
    "backtest": ("reuse", "fresh"),
    "experiment": ("safe", "fast", "split"),
    "guard": ("guard",),
}


class Design(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a trial was told to do.

    Parameters
    ----------
    window_start, window_days
        Of a back-test: its first day, and how many days.
    reviews_per_day
        Reviews a day that a back-test may take out of the topic's capacity.
    most_reviews
        A trial that has spent them ends undecided.
    round_minutes
        Of an experiment: how long listings gather before their lists are compared.
    recheck
        Of a back-test that reuses labels: how many old labels are asked for again, blind. 149
        that agree are just enough to show that they hold; with 0 the starter vouches for it.
    after_version
        Of an experiment: its rounds take in the listing versions after this one.
    rare
        Whether violations are rare where the lists differ: chooses the bets.
    """

    capacity: int
    mode: str
    alpha: float = 0.05
    beta: float = 0.1
    smallest_gain: float = 0.03
    minimum_days: int = 3
    phi_limit: float = 1.1
    most_reviews: int = 5_000
    seed: int = 0
    rare: bool = False
    window_start: datetime | None = None
    window_days: int = 28
    reviews_per_day: int = 50
    recheck: int = 149
    after_version: int = 0
    round_minutes: int = 1440
    days: int = 60
    carry: str = Carry.NONE
    share: float = 0.1

    @property
    def rule(self) -> Rule:
        """The rule that ends the trial."""
        return Rule(
            self.capacity,
            self.alpha,
            self.beta,
            self.smallest_gain,
            self.minimum_days,
            self.phi_limit,
        )


def make(kind: str, values: dict[str, Any]) -> Design:
    """Check a trial's parameters.

    Raises
    ------
    InvalidInputError
        Naming every parameter that is unknown or out of range.
    """
    try:
        design = msgspec.convert(values, Design)
    except msgspec.ValidationError as error:
        raise InvalidInputError(
            FieldProblem("design", str(error), "see docs/experiments.md for every parameter")
        ) from error
    problems = [
        FieldProblem(name, f"is {value}", f"give {least} or more")
        for name, value, least in (
            ("window_days", design.window_days, 1),
            ("reviews_per_day", design.reviews_per_day, 1),
            ("most_reviews", design.most_reviews, 1),
            ("round_minutes", design.round_minutes, 1),
            ("days", design.days, 1),
            ("recheck", design.recheck, 0),
        )
        if value < least
    ]
    if design.mode not in MODES[kind]:
        said = f"give {' or '.join(MODES[kind])}"
        problems.append(FieldProblem("mode", f"{design.mode[:20]!r} is unknown", said))
    if design.carry not in list(Carry):
        said = f"give {', '.join(Carry)}"
        problems.append(FieldProblem("carry", f"{design.carry[:20]!r} is unknown", said))
    if problems:
        raise InvalidInputError(*problems)
    _ = design.rule  # checks the rest
    return design


def design_of(trial: Trial) -> Design:
    """Read a trial's parameters."""
    return msgspec.convert(trial.design, Design)
