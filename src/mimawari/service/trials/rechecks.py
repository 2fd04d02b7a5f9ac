"""Whether labels made before a back-test may be compared with those made for it."""

from __future__ import annotations

from dataclasses import dataclass

from mimawari.evaluation.checks import COMPARABLE, comparable

# So many re-reviews that all agree show an agreement above `COMPARABLE` with 95 % confidence.
ENOUGH = 149
# Old violations asked for again before a candidate is rejected by old labels.
LEAST_VIOLATIONS = 3


@dataclass(frozen=True, slots=True)
class Rechecks:
    """Old labels asked for again, blind, and what became of them.

    Parameters
    ----------
    asked, answered, same
        How many; those nobody could tell are not counted.
    violations, violations_again
        Old violations that were answered, and how many of them were seen again.
    violations_left
        Old violations in the sample that have no answer yet.
    """

    asked: int = 0
    answered: int = 0
    same: int = 0
    violations: int = 0
    violations_again: int = 0
    violations_left: int = 0

    @property
    def done(self) -> bool:
        """Whether all answers are in."""
        return self.answered >= self.asked

    @property
    def hold(self) -> bool:
        """Whether old labels hold: read once, when all answers are in.

        With `ENOUGH` re-reviews the agreement must be above .98 with 95 % confidence. Whoever
        asked for fewer takes the share alone, and is told how little it shows.
        """
        if not self.asked:
            return True
        if self.asked >= ENOUGH:
            return comparable(self.same, self.answered).passed
        return self.same >= COMPARABLE * self.answered

    @property
    def bear_out(self) -> bool | None:
        """Whether old violations are seen again: enough for a rejection; None: not known yet."""
        if not self.asked:
            return True
        if self.violations >= LEAST_VIOLATIONS or not self.violations_left:
            return 2 * self.violations_again >= self.violations
        return None

    @property
    def statement(self) -> str:
        """Say how far old labels hold."""
        if not self.asked:
            return "That old labels hold was vouched for, not checked."
        return comparable(self.same, self.answered).statement


REFUSED = (
    "Undecided: old labels do not hold, so nothing follows from comparing them with new ones. {} "
    "Run the back-test with mode fresh."
)
UNCHECKED = "Undecided: the reviews were spent before it was known whether old labels hold. {}"
