"""What a file does not say of itself, and how its readers fill that in."""

from __future__ import annotations

import msgspec

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.listings.currency import EXPONENTS, code_for


class Reading(msgspec.Struct, frozen=True):
    """How a file is to be read.

    Parameters
    ----------
    currency
        ISO 4217 code of prices that stand without one.
    label_column
        Column of label names; without it ``label`` or ``labels``, where the file has one.
    topic
        What such a column labels where it holds yes and no instead of names.
    labels
        Whether labels are asked for: without, a column of label names is passed over.

    Raises
    ------
    InvalidInputError
        For an unknown currency.

    Examples
    --------
    >>> Reading(currency="yen")
    Traceback (most recent call last):
    mimawari.errors.InvalidInputError: --currency: 'yen' is unknown; did you mean JPY?
    """

    currency: str | None = None
    label_column: str | None = None
    topic: str | None = None
    labels: bool = True

    def __post_init__(self) -> None:
        if self.currency is not None and self.currency not in EXPONENTS:
            problem = f"{self.currency[:20]!r} is unknown"
            remedy = code_for(self.currency[:20])
            raise InvalidInputError(FieldProblem("--currency", problem, remedy))


AS_IT_IS = Reading()
"""A file that says all of itself."""
