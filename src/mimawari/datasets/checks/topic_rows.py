"""The labels of one topic, as the checks read them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from mimawari.listings.normalise import canonicalise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mimawari.datasets.card import TopicCard
    from mimawari.datasets.rows import KnownLabel, LabelledVersion
    from mimawari.listings.listing import Listing


@dataclass(frozen=True)
class TopicRows:
    """Listings that have a label for a topic, that label, and what the card counts."""

    topic: str
    counted: TopicCard
    listings: tuple[Listing, ...]
    labels: tuple[KnownLabel, ...]

    @classmethod
    def of(cls, topic: str, counted: TopicCard, rows: Sequence[LabelledVersion]) -> TopicRows:
        """Take the rows that have a label for the topic."""
        known = [(row.listing, label) for row in rows if (label := row.label(topic)) is not None]
        listings, labels = (
            tuple(listing for listing, _ in known),
            tuple(label for _, label in known),
        )
        return cls(topic, counted, listings, labels)

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """The folded text of each listing: what a model reads."""
        folded = canonicalise([listing.text for listing in self.listings])
        return tuple(folded.text(i) for i in range(len(self.listings)))
