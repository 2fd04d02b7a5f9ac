"""Listings of different sellers that hang together by near-duplicates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mimawari.listings.duplicates.index import LEAST_SIMILARITY, DuplicateIndex

if TYPE_CHECKING:
    from mimawari.listings.listing import Listing


@dataclass(frozen=True, slots=True)
class Member:
    """A listing of a group.

    Parameters
    ----------
    near_to
        The nearest listing that was added earlier; empty for a group's first.
    similarity
        To that one.
    """

    listing_id: str
    seller_id: str
    near_to: str = ""
    similarity: float | None = None


class Groups:
    """Groups that grow listing by listing: whatever is near to any of a group belongs to it.

    Examples
    --------
    >>> from mimawari.listings.listing import Listing
    >>> groups = Groups()
    >>> for number, title in enumerate(["air gun, as new", "a cup of tea", "AIR GUN, as new"]):
    ...     groups.add(Listing(id=f"L{number}", version=1, seller_id=f"s{number}", title=title))
    >>> [[member.listing_id for member in group] for group in groups.clusters()]
    [['L0', 'L2']]
    """

    def __init__(self, least_similarity: float = LEAST_SIMILARITY) -> None:
        self._index = DuplicateIndex(least_similarity)
        self._members: dict[str, Member] = {}
        self._parent: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self._members)

    def add(self, listing: Listing) -> None:
        """Add a listing; of several versions the text of each counts."""
        matches = self._index.near(listing)
        self._index.add(listing)
        nearest = (matches[0].listing_id, matches[0].similarity) if matches else ("", None)
        known = self._members.get(listing.id)
        if known is None or (not known.near_to and nearest[0] != listing.id):
            self._members[listing.id] = Member(listing.id, listing.seller_id, *nearest)
        self._parent.setdefault(listing.id, listing.id)
        for match in matches:
            self._parent[self._root(listing.id)] = self._root(match.listing_id)

    def _root(self, listing_id: str) -> str:
        while (above := self._parent[listing_id]) != listing_id:
            self._parent[listing_id] = self._parent[above]  # halves the way for the next
            listing_id = self._parent[above]
        return listing_id

    def clusters(self) -> list[list[Member]]:
        """Give the groups of two and more, each in the order in which they were added."""
        groups: dict[str, list[Member]] = {}
        for listing_id, member in self._members.items():
            groups.setdefault(self._root(listing_id), []).append(member)
        return [members for members in groups.values() if len(members) > 1]
