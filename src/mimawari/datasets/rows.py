"""What a data set holds: listing versions, with what was known of each for its topics."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from mimawari.listings.listing import Listing

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# Grows when what a version's digits are computed from changes.
FORM = 1
DIGITS = 12
Key: TypeAlias = tuple[str, int]


class KnownLabel(msgspec.Struct, frozen=True, kw_only=True):
    """What was known of a listing version for a topic.

    Parameters
    ----------
    value
        1 violates, 0 does not.
    probability
        With which it came to be reviewed.
    policy_version
        Of the topic file that the newest decision was taken under; None where it was taken
        elsewhere.
    decided_at
        When the newest decision that counts was taken; None where nobody knows.
    reviewers
        How many people's decisions count.
    searched
        Whether it is known only because somebody searched for the listing, or a campaign chose it.
    """

    topic: str
    value: int
    probability: float = 1.0
    policy_version: int | None = None
    decided_at: datetime | None = None
    reviewers: int = 1
    searched: bool = False


class LabelledVersion(msgspec.Struct, frozen=True):
    """A listing version with what was known of it, by topic."""

    listing: Listing
    labels: tuple[KnownLabel, ...]

    @property
    def key(self) -> Key:
        """Names the listing version."""
        return self.listing.id, self.listing.version

    def label(self, topic: str) -> KnownLabel | None:
        """Give what was known for a topic."""
        return next((label for label in self.labels if label.topic == topic), None)


def in_order(rows: Iterable[LabelledVersion]) -> list[LabelledVersion]:
    """Sort rows by listing and version, and the labels of each by topic."""
    return sorted(
        (
            LabelledVersion(row.listing, tuple(sorted(row.labels, key=lambda label: label.topic)))
            for row in rows
        ),
        key=lambda row: row.key,
    )


def version_of(name: str, until: datetime | None, ordered: Sequence[LabelledVersion]) -> str:
    """Name a version by its content: the same labels of the same time are the same version.

    Parameters
    ----------
    ordered
        As `in_order` gives them.

    Examples
    --------
    >>> row = LabelledVersion(
    ...     Listing(id="1", version=1, seller_id="s", title="sabre"),
    ...     (KnownLabel(topic="weapons", value=1),),
    ... )
    >>> version_of("weapons", None, [row]) == version_of("weapons", None, [row])
    True
    """
    digest = hashlib.sha256(msgspec.json.encode((FORM, until)))
    for row in ordered:
        digest.update(msgspec.json.encode(row, order="deterministic"))
    return f"{name}-{digest.hexdigest()[:DIGITS]}"
