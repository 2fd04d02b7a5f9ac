"""The Detector protocol: every rule set and model is one of these."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from mimawari.listings.batch import ListingBatch
    from mimawari.listings.listing import Listing


@dataclass(frozen=True, slots=True)
class Span:
    """A part of the listing's original text that spoke for or against a violation.

    ``start`` and ``end`` count characters of `Listing.text`; ``weight`` is the
    contribution to the log-odds (rules: 0).
    """

    start: int
    end: int
    weight: float = 0.0
    source: str = ""


@dataclass(frozen=True, slots=True)
class FeatureContribution:
    """What one tabular feature added to the log-odds of a score."""

    name: str
    value: float
    weight: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a detector scored one listing as it did for one topic."""

    spans: tuple[Span, ...] = ()
    features: tuple[FeatureContribution, ...] = ()
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Example:
    """A listing whose outcome is known: documentation, demo and test at once.

    ``violates`` holds the topics that must score higher than in the listings of
    the same detector that do not name them.
    """

    listing: Listing
    violates: frozenset[str] = field(default_factory=frozenset)


@runtime_checkable
class Detector(Protocol):
    """Scores batches of listings for one or more topics, each one against all.

    Why batches? One listing is a batch of one, so training, replay and serving run
    the same code and cannot drift apart.
    """

    @property
    def topics(self) -> tuple[str, ...]:
        """Topics in the order of the columns of `score`."""
        ...

    @property
    def version(self) -> str:
        """Identifier that changes whenever any score could change."""
        ...

    def score(self, batch: ListingBatch) -> NDArray[np.float32]:
        """Give calibrated probabilities, shape (n, topics); NaN is 'no opinion'."""
        ...

    def explain(self, batch: ListingBatch, row: int, topic: str) -> Explanation:
        """Say which words and features made the score of one row and topic."""
        ...

    def get_examples(self) -> Sequence[Example]:
        """Give listings whose outcome is known (feeds the conformance suite)."""
        ...


def advises_only(detector: Detector) -> bool:
    """Say whether a detector may help people choose, but not take part in what is alerted.

    Such a one carries ``advises_only = True``; without it a detector may do both.
    """
    return bool(getattr(detector, "advises_only", False))
