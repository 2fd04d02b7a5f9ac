"""What a check measured, beside its limit."""

from __future__ import annotations

from typing import Literal

import msgspec

from mimawari.errors import FieldProblem


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One measurement of one check.

    Parameters
    ----------
    check
        Name of the check.
    topic
        What it speaks of; empty where it is the whole data set.
    value, limit
        What was measured, and what it may be at most.
    level
        ``passed``; ``caution``, which is told; or ``stops``, which keeps it from being learnt.
    problem, remedy
        What is wrong and what to do, in words; empty where it passed.
    """

    check: str
    value: float
    limit: float
    level: Literal["passed", "caution", "stops"]
    topic: str = ""
    problem: str = ""
    remedy: str = ""

    def as_problem(self) -> FieldProblem:
        """Give it as what an error names.

        Examples
        --------
        >>> print(Finding(check="classes", topic="weapons", value=1, limit=0, level="stops",
        ...               problem="has one class", remedy="label others").as_problem())
        weapons: classes: has one class; label others
        """
        field = f"{self.topic}: {self.check}" if self.topic else self.check
        return FieldProblem(field, self.problem, self.remedy)
