"""Errors that users read: each names the field, the problem and the remedy."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One thing wrong with one field.

    Parameters
    ----------
    field
        Path of the field, such as ``title`` or ``image_urls[3]``.
    problem
        What is wrong with the value, with the value shortened for display.
    remedy
        The limit or the form that would be accepted.

    Examples
    --------
    >>> str(FieldProblem("price_minor", "is -1", "give 0 or more, in minor units"))
    'price_minor: is -1; give 0 or more, in minor units'
    """

    field: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.field}: {self.problem}; {self.remedy}"


class MimawariError(Exception):
    """Base of every error this package raises on purpose."""


class InvalidInputError(MimawariError):
    """Input that was refused, with all its problems (never only the first)."""

    def __init__(self, *problems: FieldProblem) -> None:
        self.problems = problems
        super().__init__("\n".join(str(p) for p in problems))


class ForbiddenError(InvalidInputError):
    """What the one who asks may not do."""
