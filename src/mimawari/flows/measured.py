"""A figure with its interval, as files of a run keep it."""

from __future__ import annotations

import math
from typing import Protocol, Self

import msgspec


class Estimate(Protocol):
    """A figure with the ends of its interval, which may be NaN."""

    @property
    def value(self) -> float:
        """The figure."""
        ...

    @property
    def low(self) -> float:
        """Its low end."""
        ...

    @property
    def high(self) -> float:
        """Its high end."""
        ...


class Measured(msgspec.Struct, frozen=True):
    """A figure with its 95 % interval over sellers; None where there is none."""

    value: float | None
    low: float | None
    high: float | None

    @classmethod
    def of(cls, estimate: Estimate) -> Self:
        """Take a figure over: JSON knows no NaN.

        Examples
        --------
        >>> from mimawari.evaluation.intervals import wilson
        >>> Measured.of(wilson(0, 0))
        Measured(value=None, low=0.0, high=1.0)
        """
        ends = (estimate.value, estimate.low, estimate.high)
        return cls(*(None if math.isnan(end) else end for end in ends))
